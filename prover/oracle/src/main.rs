//! Drives the real tracing libraries with random spans and writes their text, and beside it the truth.
//!
//! ```text
//! oracle MODE SEED FOLDER
//! ```
//!
//! writes `FOLDER/MODE-SEED.log` and `FOLDER/MODE-SEED.truth.jsonl`: a header, then one line of JSON a tree (forest: the
//! library's own) or a span and an event (all others).

mod build_facts;
mod forest;
mod plan;
mod play;
mod random;
mod subscriber;
mod truth;
mod vocabulary;

/// The bundled prover's own writer without the prover: it is part of what is tested.
#[allow(dead_code)]
#[path = "../../src"]
mod prover {
    pub mod span_fields;
    pub mod span_log;
}

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use tracing::Dispatch;
use tracing_chrome::TraceStyle;
use tracing_subscriber::layer::Layer;

use crate::plan::Plan;
use crate::prover::span_fields; // the writer asks the crate for it
use crate::prover::span_log::SpanLog;
use crate::subscriber::{Options, Paper, Style};
use crate::truth::Truth;

struct Run {
    text: Vec<u8>,
    facts: Value,
    truth: Vec<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [mode, seed, folder] = arguments.as_slice() else {
        eprintln!("usage: oracle MODE SEED FOLDER");
        return ExitCode::FAILURE;
    };
    let Ok(number) = seed.parse() else {
        eprintln!("error: '{seed}' is no seed");
        return ExitCode::FAILURE;
    };
    let plan = Plan::new(number);
    let Some(run) = run(mode, number, &plan) else {
        eprintln!("error: there is no mode '{mode}'");
        return ExitCode::FAILURE;
    };
    let header = json!({"mode": mode, "seed": number, "traits": plan.traits, "facts": run.facts});
    let truth: String = [header.to_string()]
        .iter()
        .chain(&run.truth)
        .flat_map(|line| [line, "\n"])
        .collect();
    let file = |suffix: &str| PathBuf::from(folder).join(format!("{mode}-{seed}.{suffix}"));
    let written = fs::write(file("log"), run.text).and_then(|()| fs::write(file("truth.jsonl"), truth));
    if let Err(error) = written {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(mode: &str, seed: u64, plan: &Plan) -> Option<Run> {
    let options = Options::new(seed);
    Some(match mode {
        "forest-0.1" => run_forest(plan, forest::v0_1::dispatch),
        "forest-0.2" => run_forest(plan, forest::v0_2::dispatch),
        "forest-0.3" => run_forest(plan, forest::v0_3::dispatch),
        "fmt-full" => run_fmt(plan, Style::Full, true, &options),
        "fmt-full-plain" => run_fmt(plan, Style::Full, false, &options),
        "fmt-compact" => run_fmt(plan, Style::Compact, true, &options),
        "fmt-compact-plain" => run_fmt(plan, Style::Compact, false, &options),
        "fmt-json" => run_fmt(plan, Style::Json, false, &options),
        "span-jsonl" => run_span_log(plan),
        "chrome" => run_chrome(plan, TraceStyle::Threaded),
        "chrome-async" => run_chrome(plan, TraceStyle::Async),
        _ => return None,
    })
}

fn run_forest(plan: &Plan, dispatch: impl FnOnce(&forest::Output) -> Dispatch) -> Run {
    let output = forest::Output::default();
    play::play(plan, &dispatch(&output));
    let mut printed = output.lock().expect("no thread panics");
    Run {
        text: std::mem::take(&mut printed.text).into_bytes(),
        facts: json!({}),
        truth: std::mem::take(&mut printed.trees),
    }
}

fn run_fmt(plan: &Plan, style: Style, ansi: bool, options: &Options) -> Run {
    let truth = Truth::new();
    let paper = Paper::new(&truth);
    play::play(plan, &subscriber::fmt(&truth, paper.clone(), style, ansi, options));
    let facts = json!({
        "target": options.target,
        "thread_ids": options.thread_ids,
        "thread_names": options.thread_names,
        "flatten": options.flatten,
        "span_events": format!("{:?}", options.spans),
    });
    Run {
        text: paper.take(),
        facts,
        truth: truth.lines(),
    }
}

fn run_span_log(plan: &Plan) -> Run {
    let truth = Truth::new();
    let paper = Paper::new(&truth);
    let earliest_ns = truth.now_ns();
    let log = SpanLog::new(paper.clone());
    let latest_ns = truth.now_ns();
    log.write_header("trace");
    play::play(plan, &subscriber::between(&truth, log.layer().boxed()));
    log.finish().expect("every span has closed");
    let facts = json!({"origin": [earliest_ns, latest_ns]});
    Run {
        text: paper.take(),
        facts,
        truth: truth.lines(),
    }
}

fn run_chrome(plan: &Plan, style: TraceStyle) -> Run {
    let truth = Truth::new();
    let paper = Paper::new(&truth);
    let earliest_ns = truth.now_ns();
    let (dispatch, guard) = subscriber::chrome(&truth, paper.clone(), style);
    let latest_ns = truth.now_ns();
    play::play(plan, &dispatch);
    drop(guard);
    // The trace counts time from somewhere in here.
    let facts = json!({"origin": [earliest_ns, latest_ns]});
    Run {
        text: paper.take(),
        facts,
        truth: truth.lines(),
    }
}
