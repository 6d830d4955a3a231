//! A layer that records every closed span as one JSON line, with times in whole nanoseconds.
//!
//! ```text
//! {"t":"header","v":1,"clock":"monotonic","t0_unix_ns":…,"pid":…,"threads":…,"crates":{…},"rust_log":"…"}
//! {"t":"span","seq":…,"parent":…,"name":"…","target":"…","level":"…","thread":…,"fields":{…},"created_ns":…,"start_ns":…,"end_ns":…,"busy_ns":…,"enters":…}
//! {"t":"end"}
//! ```
//!
//! A span appears when it closes, so children precede their parent, and a span that never closes does not appear. All
//! times but the header's `t0_unix_ns` are relative to it. The end line says that the record is whole.

use std::cell::Cell;
use std::io::{self, Write};
use std::mem;
use std::process;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};
use thiserror::Error;
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::build_facts::{self, CRATES};
use crate::span_fields::SpanFields;

const FORMAT_VERSION: u32 = 1;

/// Room for the spans of a proof, so that the buffer does not grow while spans are timed.
const BUFFERED_SPANS: usize = 1024;

/// Why a record is not whole.
#[derive(Debug, Error)]
pub enum SpanLogError {
    /// The first write that failed; nothing was written after it.
    #[error("cannot be written: {0}")]
    Write(#[from] io::Error),
    /// Spans that were open at the end are missing, although their children may be there.
    #[error("lacks {0} span(s) that were still open at the end")]
    StillOpen(usize),
    /// The record was completed earlier.
    #[error("was completed before")]
    Finished,
}

/// The record of a process's spans. Make one, install its [`layer`](Self::layer), and [`finish`](Self::finish) it.
pub struct SpanLog(Arc<Shared>);

impl SpanLog {
    /// A record that starts now: its zero of time is this call.
    pub fn new(sink: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Shared {
            start: Instant::now(),
            start_unix_ns: unix_ns(),
            next_seq: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            closed: Mutex::new(Vec::with_capacity(BUFFERED_SPANS)),
            output: Mutex::new(Output::Open(Box::new(sink))),
        }))
    }

    /// The layer that feeds this record.
    pub fn layer(&self) -> SpanLogLayer {
        SpanLogLayer(Arc::clone(&self.0))
    }

    /// Writes the header, which names the filter that decided which spans exist. A failure is reported by `finish`.
    pub fn write_header(&self, rust_log: &str) {
        let header = Line::Header {
            v: FORMAT_VERSION,
            clock: "monotonic",
            t0_unix_ns: self.0.start_unix_ns,
            pid: process::id(),
            threads: build_facts::worker_threads(),
            crates: Crates,
            rust_log,
        };
        lock(&self.0.output).write(&[header]);
    }

    /// Writes what is buffered and leaves the record without its end line.
    pub fn abandon(&self) {
        self.0.write_closed();
    }

    /// Completes the record: writes what is buffered and the end line. Spans that close later are not recorded.
    pub fn finish(&self) -> Result<(), SpanLogError> {
        self.0.write_closed();
        let mut output = lock(&self.0.output);
        let open = self.0.open.load(Ordering::Acquire);
        if open == 0 {
            output.write(&[Line::End]);
        }
        match mem::replace(&mut *output, Output::Finished) {
            Output::Open(_) if open == 0 => Ok(()),
            Output::Open(_) => Err(SpanLogError::StillOpen(open)),
            Output::Failed(error) => Err(SpanLogError::Write(error)),
            Output::Finished => Err(SpanLogError::Finished),
        }
    }
}

/// The `tracing` layer of a [`SpanLog`].
///
/// It reads the clock as late as possible on entering a span and first of all on leaving it. Serializing and writing wait
/// until no span is open anywhere in the process, so they never land in a time that this or another layer takes.
pub struct SpanLogLayer(Arc<Shared>);

struct Shared {
    start: Instant,
    start_unix_ns: u128,
    next_seq: AtomicU64,
    open: AtomicUsize,
    closed: Mutex<Vec<ClosedSpan>>,
    output: Mutex<Output>,
}

impl Shared {
    fn now_ns(&self) -> u64 {
        // 584 years fit.
        self.start.elapsed().as_nanos() as u64
    }

    fn write_closed(&self) {
        // The output is locked first, so that batches are written in the order in which they were taken. The buffer is
        // released before writing: a thread that closes a span meanwhile does not wait for the disk inside its parent span.
        let mut output = lock(&self.output);
        let closed = mem::replace(&mut *lock(&self.closed), Vec::with_capacity(BUFFERED_SPANS));
        let lines: Vec<Line<'_>> = closed.iter().map(ClosedSpan::line).collect();
        output.write(&lines);
    }
}

enum Output {
    Open(Box<dyn Write + Send>),
    Failed(io::Error),
    Finished,
}

impl Output {
    fn write(&mut self, lines: &[Line<'_>]) {
        if let Self::Open(sink) = self
            && let Err(error) = write_lines(sink, lines)
        {
            *self = Self::Failed(error);
        }
    }
}

/// Hands over whole lines in one call: a process that is killed leaves no half line behind.
fn write_lines(sink: &mut dyn Write, lines: &[Line<'_>]) -> io::Result<()> {
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
    }
    sink.write_all(&text)?;
    sink.flush()
}

/// Lives in the span's extensions. The sequence number is kept here because `tracing` gives a closed span's id to a later
/// span.
struct OpenSpan {
    seq: u64,
    parent: Option<u64>,
    fields: SpanFields,
    creator: u32,
    created_ns: u64,
    entered: Option<Entered>,
}

/// What is known of a span from its first entry on.
struct Entered {
    thread: u32,
    start_ns: u64,
    end_ns: u64,
    busy_ns: u64,
    busy_since_ns: u64,
    depth: usize,
    enters: u64,
}

impl OpenSpan {
    fn enter(&mut self, thread: u32, now_ns: u64) {
        let entered = self.entered.get_or_insert(Entered {
            thread,
            start_ns: now_ns,
            end_ns: now_ns,
            busy_ns: 0,
            busy_since_ns: now_ns,
            depth: 0,
            enters: 0,
        });
        // Several threads may be inside one span; it is busy from the first entry to the last exit among them.
        if entered.depth == 0 {
            entered.busy_since_ns = now_ns;
        }
        entered.depth += 1;
        entered.enters += 1;
    }

    fn exit(&mut self, now_ns: u64) {
        let Some(entered) = &mut self.entered else {
            return;
        };
        if entered.depth == 0 {
            return;
        }
        entered.depth -= 1;
        entered.end_ns = entered.end_ns.max(now_ns);
        if entered.depth == 0 {
            // Another thread may have read a later time and taken the lock earlier.
            entered.busy_ns += now_ns.saturating_sub(entered.busy_since_ns);
        }
    }

    fn close(mut self, metadata: &'static Metadata<'static>, now_ns: u64) -> ClosedSpan {
        // A forgotten entry guard leaves the span entered although it closes.
        while self.entered.as_ref().is_some_and(|entered| entered.depth > 0) {
            self.exit(now_ns);
        }
        ClosedSpan { metadata, span: self }
    }
}

struct ClosedSpan {
    metadata: &'static Metadata<'static>,
    span: OpenSpan,
}

impl ClosedSpan {
    fn line(&self) -> Line<'_> {
        let Self { metadata, span } = self;
        let entered = span.entered.as_ref();
        Line::Span {
            seq: span.seq,
            parent: span.parent,
            name: metadata.name(),
            target: metadata.target(),
            level: metadata.level().as_str(),
            thread: entered.map_or(span.creator, |entered| entered.thread),
            fields: &span.fields,
            created_ns: span.created_ns,
            start_ns: entered.map(|entered| entered.start_ns),
            end_ns: entered.map(|entered| entered.end_ns),
            busy_ns: entered.map_or(0, |entered| entered.busy_ns),
            enters: entered.map_or(0, |entered| entered.enters),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
enum Line<'a> {
    Header {
        v: u32,
        clock: &'a str,
        t0_unix_ns: u128,
        pid: u32,
        threads: usize,
        crates: Crates,
        rust_log: &'a str,
    },
    Span {
        seq: u64,
        parent: Option<u64>,
        name: &'a str,
        target: &'a str,
        level: &'a str,
        thread: u32,
        fields: &'a SpanFields,
        created_ns: u64,
        start_ns: Option<u64>,
        end_ns: Option<u64>,
        busy_ns: u64,
        enters: u64,
    },
    End,
}

struct Crates;

impl Serialize for Crates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(CRATES)
    }
}

impl<S> Layer<S> for SpanLogLayer
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let mut fields = SpanFields::default();
        attributes.record(&mut fields);
        let opened = OpenSpan {
            seq: self.0.next_seq.fetch_add(1, Ordering::Relaxed),
            parent: span.parent().and_then(|parent| sequence_number(&parent)),
            fields,
            creator: thread_number(),
            created_ns: self.0.now_ns(),
            entered: None,
        };
        self.0.open.fetch_add(1, Ordering::AcqRel);
        span.extensions_mut().replace(opened);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(opened) = span.extensions_mut().get_mut::<OpenSpan>()
        {
            values.record(&mut opened.fields);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let thread = thread_number();
        if let Some(span) = context.span(id)
            && let Some(opened) = span.extensions_mut().get_mut::<OpenSpan>()
        {
            opened.enter(thread, self.0.now_ns());
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let now_ns = self.0.now_ns();
        if let Some(span) = context.span(id)
            && let Some(opened) = span.extensions_mut().get_mut::<OpenSpan>()
        {
            opened.exit(now_ns);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let now_ns = self.0.now_ns();
        let Some(span) = context.span(&id) else {
            return;
        };
        let Some(opened) = span.extensions_mut().remove::<OpenSpan>() else {
            return;
        };
        lock(&self.0.closed).push(opened.close(span.metadata(), now_ns));
        if self.0.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.write_closed();
        }
    }
}

fn sequence_number<S>(span: &SpanRef<'_, S>) -> Option<u64>
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    span.extensions().get::<OpenSpan>().map(|opened| opened.seq)
}

/// A small number for this thread, given when it first meets a span.
fn thread_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    thread_local! {
        static NUMBER: Cell<Option<u32>> = const { Cell::new(None) };
    }
    NUMBER.with(|number| {
        number.get().unwrap_or_else(|| {
            let fresh = NEXT.fetch_add(1, Ordering::Relaxed);
            number.set(Some(fresh));
            fresh
        })
    })
}

fn unix_ns() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}

/// A panic in the program under test must not become a second one in here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
