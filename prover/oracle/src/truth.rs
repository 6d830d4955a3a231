//! What really happened, as two layers see it that stand before and after the library under test.
//!
//! `tracing` tells layers of everything in the order in which they were added. So whatever moment the library takes for
//! an entry, an exit, a creation or a close, it lies between the moments that the two layers take.

use std::cell::Cell;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// A moment, in ns: not before the first, not after the second.
type Moment = [u64; 2];

#[derive(Clone)]
pub struct Truth(Arc<Shared>);

struct Shared {
    start: Instant,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    spans: Vec<SpanSeen>,
    events: Vec<EventSeen>,
}

struct SpanSeen {
    metadata: &'static Metadata<'static>,
    parent: Option<usize>,
    fields: Fields,
    thread: String,
    created: Moment,
    closed: Moment,
    entries: Vec<Entry>,
    /// The spans that the closing thread was in, outermost first.
    around: Vec<usize>,
    line: Option<usize>,
}

struct Entry {
    thread: String,
    enter: Moment,
    exit: Moment,
}

struct EventSeen {
    metadata: &'static Metadata<'static>,
    span: Option<usize>,
    fields: Fields,
    line: Option<usize>,
}

/// The span's ordinal, kept with it because `tracing` uses ids again.
struct Number(usize);

#[derive(Clone, Copy)]
enum Writing {
    Close(usize),
    Event(usize),
}

thread_local! {
    static WRITING: Cell<Option<Writing>> = const { Cell::new(None) };
}

impl Truth {
    pub fn new() -> Self {
        Self(Arc::new(Shared {
            start: Instant::now(),
            seen: Mutex::default(),
        }))
    }

    pub fn before(&self) -> Before {
        Before(self.clone())
    }

    pub fn after(&self) -> After {
        After(self.clone())
    }

    /// The line at which the library now prints what it was told last on this thread.
    pub fn written_at(&self, line: usize) {
        let mut seen = self.seen();
        match WRITING.take() {
            Some(Writing::Close(number)) => seen.spans[number].line = Some(line),
            Some(Writing::Event(number)) => seen.events[number].line = Some(line),
            None => {}
        }
    }

    pub fn now_ns(&self) -> u64 {
        self.0.start.elapsed().as_nanos() as u64
    }

    /// One line of JSON for each span, in order of creation, and for each event.
    pub fn lines(&self) -> Vec<String> {
        let seen = self.seen();
        let spans = seen.spans.iter().map(SpanSeen::json);
        spans
            .chain(seen.events.iter().map(EventSeen::json))
            .map(|value| value.to_string())
            .collect()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().expect("no thread panics")
    }
}

impl SpanSeen {
    fn json(&self) -> Value {
        let entries = self.entries.iter();
        json!({
            "t": "span",
            "name": self.metadata.name(),
            "level": self.metadata.level().as_str(),
            "parent": self.parent,
            "fields": &self.fields.0,
            "thread": self.thread,
            "created": self.created,
            "closed": self.closed,
            "entries": entries.map(|entry| json!([entry.thread, entry.enter, entry.exit])).collect::<Vec<_>>(),
            "around": self.around,
            "line": self.line,
        })
    }
}

impl EventSeen {
    fn json(&self) -> Value {
        json!({
            "t": "event",
            "level": self.metadata.level().as_str(),
            "span": self.span,
            "fields": &self.fields.0,
            "line": self.line,
        })
    }
}

/// Fields as key, kind, Debug text, and for a `&str` what it holds.
#[derive(Default)]
struct Fields(Vec<Value>);

impl Fields {
    fn set(&mut self, field: &Field, kind: &str, value: &dyn Debug) {
        self.0.push(json!([field.name(), kind, format!("{value:?}")]));
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, "bool", &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, "integer", &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, "integer", &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, "float", &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push(json!([field.name(), "str", format!("{value:?}"), value]));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, "debug", value);
    }
}

/// The layer before the library: the last that it does is to read the clock.
pub struct Before(Truth);

impl Before {
    fn number<S>(id: &Id, context: &Context<'_, S>) -> Option<usize>
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let span = context.span(id)?;
        let extensions = span.extensions();
        extensions.get::<Number>().map(|number| number.0)
    }
}

impl<S> Layer<S> for Before
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).expect("a new span is known");
        let parent = span.parent().and_then(|parent| Self::number(&parent.id(), &context));
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut seen = self.0.seen();
        span.extensions_mut().insert(Number(seen.spans.len()));
        WRITING.take();
        seen.spans.push(SpanSeen {
            metadata: attributes.metadata(),
            parent,
            fields,
            thread: thread_name(),
            created: [self.0.now_ns(); 2],
            closed: [0; 2],
            entries: Vec::new(),
            around: Vec::new(),
            line: None,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(number) = Self::number(id, &context) {
            values.record(&mut self.0.seen().spans[number].fields);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(number) = Self::number(id, &context) {
            WRITING.take();
            let thread = thread_name();
            let mut seen = self.0.seen();
            let enter = [self.0.now_ns(); 2];
            seen.spans[number].entries.push(Entry {
                thread,
                enter,
                exit: [0; 2],
            });
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        if let Some(number) = Self::number(id, &context) {
            WRITING.take();
            self.0.seen().spans[number].open_entry().exit[0] = self.0.now_ns();
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let span = context
            .event_span(event)
            .and_then(|span| Self::number(&span.id(), &context));
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut seen = self.0.seen();
        WRITING.set(Some(Writing::Event(seen.events.len())));
        let metadata = event.metadata();
        seen.events.push(EventSeen {
            metadata,
            span,
            fields,
            line: None,
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(number) = Self::number(&id, &context) {
            let scope = context
                .lookup_current()
                .into_iter()
                .flat_map(|span| span.scope().from_root());
            let around = scope.filter_map(|span| Self::number(&span.id(), &context)).collect();
            WRITING.set(Some(Writing::Close(number)));
            let mut seen = self.0.seen();
            seen.spans[number].around = around;
            seen.spans[number].closed[0] = self.0.now_ns();
        }
    }
}

impl SpanSeen {
    /// The entry of this thread that has not ended; one that was left already is not asked for.
    fn open_entry(&mut self) -> &mut Entry {
        let thread = thread_name();
        let mut entries = self.entries.iter_mut().rev();
        entries
            .find(|entry| entry.thread == thread && entry.exit[1] == 0)
            .expect("what is left was entered")
    }
}

/// The layer after the library: the first that it does is to read the clock.
pub struct After(Truth);

impl<S> Layer<S> for After
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let now_ns = self.0.now_ns();
        if let Some(number) = Before::number(id, &context) {
            self.0.seen().spans[number].created[1] = now_ns;
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let now_ns = self.0.now_ns();
        if let Some(number) = Before::number(id, &context) {
            self.0.seen().spans[number].open_entry().enter[1] = now_ns;
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let now_ns = self.0.now_ns();
        if let Some(number) = Before::number(id, &context) {
            self.0.seen().spans[number].open_entry().exit[1] = now_ns;
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let now_ns = self.0.now_ns();
        if let Some(number) = Before::number(&id, &context) {
            self.0.seen().spans[number].closed[1] = now_ns;
        }
    }
}

fn thread_name() -> String {
    thread::current().name().unwrap_or("unnamed").to_owned()
}
