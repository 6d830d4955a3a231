use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tracing::dispatcher::{self, Dispatch};
use tracing::{Level, field, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use super::{SpanLog, SpanLogError};

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct BrokenDisk;

impl Write for BrokenDisk {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("no space left"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn subscribed(log: &SpanLog) -> Dispatch {
    Dispatch::new(Registry::default().with(log.layer()))
}

/// The spans that `program` makes, as they are written, without header and end line.
fn spans_of(program: impl FnOnce()) -> Vec<Value> {
    let memory = Memory::default();
    let log = SpanLog::new(memory.clone());
    dispatcher::with_default(&subscribed(&log), program);
    log.finish().unwrap();
    let mut lines = memory.lines();
    assert_eq!(lines.pop().unwrap()["t"], "end");
    lines
}

fn names(spans: &[Value]) -> Vec<&str> {
    spans.iter().map(|span| span["name"].as_str().unwrap()).collect()
}

fn ns(span: &Value, key: &str) -> u64 {
    span[key].as_u64().unwrap()
}

#[test]
fn header_comes_first_and_end_last() {
    let memory = Memory::default();
    let log = SpanLog::new(memory.clone());
    log.write_header("info,p3_=warn");
    dispatcher::with_default(&subscribed(&log), || info_span!("root").in_scope(|| {}));
    log.finish().unwrap();

    let lines = memory.lines();
    let kinds: Vec<&str> = lines.iter().map(|line| line["t"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["header", "span", "end"]);
    assert_eq!(lines[0]["v"], 1);
    assert_eq!(lines[0]["clock"], "monotonic");
    assert_eq!(lines[0]["rust_log"], "info,p3_=warn");
    assert_eq!(lines[0]["crates"]["tracing-forest"], "0.1.6");
    assert_eq!(lines[0]["pid"], std::process::id());
    assert!(ns(&lines[0], "t0_unix_ns") > 1_700_000_000_000_000_000);
    assert!(ns(&lines[0], "threads") >= 1);
    assert_eq!(lines[2], serde_json::json!({"t": "end"}));
}

#[test]
fn keys_stand_in_the_documented_order() {
    let memory = Memory::default();
    let log = SpanLog::new(memory.clone());
    dispatcher::with_default(&subscribed(&log), || drop(info_span!("root")));
    let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
    let keys: Vec<&str> = text
        .split('"')
        .filter(|part| text.contains(&format!("\"{part}\":")))
        .collect();
    assert_eq!(
        keys,
        [
            "t",
            "seq",
            "parent",
            "name",
            "target",
            "level",
            "thread",
            "fields",
            "created_ns",
            "start_ns",
            "end_ns",
            "busy_ns",
            "enters"
        ]
    );
}

#[test]
fn children_come_before_their_parent_and_lie_inside_it() {
    let spans = spans_of(|| {
        info_span!("root").in_scope(|| {
            info_span!("middle").in_scope(|| info_span!("leaf").in_scope(|| thread::sleep(Duration::from_millis(2))));
        });
    });
    assert_eq!(names(&spans), ["leaf", "middle", "root"]);
    assert_eq!(spans[2]["parent"], Value::Null);
    for pair in spans.windows(2) {
        let (child, parent) = (&pair[0], &pair[1]);
        assert_eq!(child["parent"], parent["seq"]);
        assert!(ns(child, "created_ns") <= ns(child, "start_ns"));
        assert!(ns(parent, "start_ns") <= ns(child, "start_ns"));
        assert!(ns(child, "end_ns") <= ns(parent, "end_ns"));
        assert!(ns(child, "busy_ns") <= ns(parent, "busy_ns"));
    }
    let leaf = &spans[0];
    assert!(ns(leaf, "busy_ns") >= 2_000_000);
    assert_eq!(ns(leaf, "busy_ns"), ns(leaf, "end_ns") - ns(leaf, "start_ns"));
    assert_eq!(leaf["enters"], 1);
    assert_eq!(leaf["level"], "INFO");
    assert_eq!(leaf["target"], module_path!());
}

#[test]
fn repeats_get_their_own_numbers_although_ids_are_reused() {
    let spans = spans_of(|| {
        info_span!("root").in_scope(|| {
            for round in 0..3 {
                info_span!("round", round).in_scope(|| {});
            }
        });
    });
    assert_eq!(names(&spans), ["round", "round", "round", "root"]);
    let mut numbers: Vec<u64> = spans.iter().map(|span| ns(span, "seq")).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2, 3]);
    let rounds: Vec<&Value> = spans[..3].iter().map(|span| &span["fields"]["round"]).collect();
    assert_eq!(rounds, [0, 1, 2]);
}

#[test]
fn a_span_entered_twice_is_busy_only_while_entered() {
    let spans = spans_of(|| {
        let span = info_span!("twice");
        span.in_scope(|| {});
        thread::sleep(Duration::from_millis(5));
        span.in_scope(|| {});
    });
    let span = &spans[0];
    assert_eq!(span["enters"], 2);
    assert!(ns(span, "end_ns") - ns(span, "start_ns") >= 5_000_000);
    assert!(ns(span, "busy_ns") + 5_000_000 <= ns(span, "end_ns") - ns(span, "start_ns"));
}

#[test]
fn a_span_entered_inside_itself_counts_its_time_once() {
    let spans = spans_of(|| {
        let span = info_span!("self");
        span.in_scope(|| span.in_scope(|| thread::sleep(Duration::from_millis(2))));
    });
    let span = &spans[0];
    assert_eq!(span["enters"], 2);
    assert_eq!(ns(span, "busy_ns"), ns(span, "end_ns") - ns(span, "start_ns"));
}

#[test]
fn a_parent_on_another_thread_is_kept() {
    let spans = spans_of(|| {
        let dispatch = dispatcher::get_default(Dispatch::clone);
        let parent = info_span!("parent");
        let entered = parent.enter();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    dispatcher::with_default(&dispatch, || {
                        info_span!(parent: &parent, "child").in_scope(|| thread::sleep(Duration::from_millis(20)));
                    });
                });
            }
        });
        drop(entered);
    });
    assert_eq!(names(&spans), ["child", "child", "parent"]);
    let (children, parent) = (&spans[..2], &spans[2]);
    for child in children {
        assert_eq!(child["parent"], parent["seq"]);
        assert_ne!(child["thread"], parent["thread"]);
    }
    assert_ne!(children[0]["thread"], children[1]["thread"]);
}

#[test]
fn a_span_shared_by_threads_is_busy_for_the_union_of_their_times() {
    let spans = spans_of(|| {
        let dispatch = dispatcher::get_default(Dispatch::clone);
        let shared = info_span!("shared");
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    dispatcher::with_default(&dispatch, || {
                        shared.in_scope(|| thread::sleep(Duration::from_millis(20)))
                    });
                });
            }
        });
    });
    let shared = &spans[0];
    assert_eq!(shared["enters"], 2);
    assert!(ns(shared, "busy_ns") >= 20_000_000);
    assert!(ns(shared, "busy_ns") <= ns(shared, "end_ns") - ns(shared, "start_ns"));
}

#[test]
fn a_span_never_entered_has_no_start_and_no_end() {
    let spans = spans_of(|| drop(info_span!("idle")));
    let span = &spans[0];
    assert_eq!(span["start_ns"], Value::Null);
    assert_eq!(span["end_ns"], Value::Null);
    assert_eq!(span["busy_ns"], 0);
    assert_eq!(span["enters"], 0);
    assert!(span["created_ns"].is_u64());
}

#[test]
fn a_span_closed_while_entered_is_busy_until_it_closes() {
    let spans = spans_of(|| {
        let span = info_span!("forgotten");
        std::mem::forget(span.enter());
        thread::sleep(Duration::from_millis(2));
        drop(span);
    });
    assert!(ns(&spans[0], "busy_ns") >= 2_000_000);
}

#[test]
fn fields_recorded_late_are_merged() {
    let spans = spans_of(|| {
        let span = info_span!("root", early = 1, late = field::Empty, never = field::Empty);
        span.record("late", "value");
        span.record("early", 2);
    });
    assert_eq!(spans[0]["fields"], serde_json::json!({"early": 2, "late": "value"}));
}

#[test]
fn fields_keep_their_types() {
    let spans = spans_of(|| {
        let error: &(dyn std::error::Error + 'static) = &io::Error::other("broken");
        drop(tracing::span!(
            Level::WARN,
            "typed",
            signed = -1_i64,
            unsigned = u64::MAX,
            wide = u128::MAX,
            fraction = 0.5,
            nan = f64::NAN,
            infinite = f64::NEG_INFINITY,
            truth = true,
            text = "a \"quoted\"\nline",
            debug = ?"debug",
            display = %"display",
            list = ?[1, 2],
            error,
        ));
    });
    assert_eq!(spans[0]["level"], "WARN");
    assert_eq!(
        spans[0]["fields"],
        serde_json::json!({
            "signed": -1,
            "unsigned": u64::MAX,
            "wide": "340282366920938463463374607431768211455",
            "fraction": 0.5,
            "nan": "NaN",
            "infinite": "-inf",
            "truth": true,
            "text": "a \"quoted\"\nline",
            "debug": "\"debug\"",
            "display": "display",
            "list": "[1, 2]",
            "error": "broken",
        })
    );
}

#[test]
fn two_roots_are_two_trees_and_events_are_left_out() {
    let spans = spans_of(|| {
        info_span!("first").in_scope(|| tracing::info!("an event"));
        info_span!("second").in_scope(|| info_span!("child").in_scope(|| {}));
    });
    assert_eq!(names(&spans), ["first", "child", "second"]);
    assert_eq!(spans[0]["parent"], Value::Null);
    assert_eq!(spans[2]["parent"], Value::Null);
    assert_eq!(spans[1]["parent"], spans[2]["seq"]);
}

#[test]
fn nothing_is_written_while_a_span_is_open_anywhere() {
    let memory = Memory::default();
    let log = SpanLog::new(memory.clone());
    dispatcher::with_default(&subscribed(&log), || {
        let elsewhere = info_span!("open elsewhere");
        info_span!(parent: None, "root").in_scope(|| info_span!("child").in_scope(|| {}));
        assert!(memory.lines().is_empty());
        drop(elsewhere);
        assert_eq!(names(&memory.lines()), ["child", "root", "open elsewhere"]);
    });
}

#[test]
fn a_record_with_open_spans_has_no_end_line() {
    let memory = Memory::default();
    let log = SpanLog::new(memory.clone());
    let dispatch = subscribed(&log);
    dispatcher::with_default(&dispatch, || {
        let root = info_span!("root");
        root.in_scope(|| info_span!("child").in_scope(|| {}));
        assert!(matches!(log.finish(), Err(SpanLogError::StillOpen(1))));
    });
    assert_eq!(names(&memory.lines()), ["child"]);
}

#[test]
fn an_abandoned_record_has_no_end_line() {
    let memory = Memory::default();
    let log = SpanLog::new(memory.clone());
    dispatcher::with_default(&subscribed(&log), || drop(info_span!("root")));
    log.abandon();
    assert_eq!(names(&memory.lines()), ["root"]);
}

#[test]
fn a_failed_write_is_reported_at_the_end_and_never_panics() {
    let log = SpanLog::new(BrokenDisk);
    log.write_header("info");
    dispatcher::with_default(&subscribed(&log), || info_span!("root").in_scope(|| {}));
    let error = log.finish().unwrap_err();
    assert_eq!(error.to_string(), "cannot be written: no space left");
}
