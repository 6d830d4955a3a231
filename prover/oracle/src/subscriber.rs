//! The fmt layer, the Chrome layer and the prover's span log, each between the two layers that tell the truth.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing_chrome::{ChromeLayerBuilder, FlushGuard, TraceStyle};
use tracing_subscriber::Registry;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::{Layer, Layered, SubscriberExt};

use crate::random::Random;
use crate::truth::{Before, Truth};

type Below = Layered<Before, Registry>;
pub type Tested = Box<dyn Layer<Below> + Send + Sync>;

/// What a library has written; it says to the truth at which line something is written.
#[derive(Clone)]
pub struct Paper {
    truth: Truth,
    text: Arc<Mutex<Vec<u8>>>,
}

impl Paper {
    pub fn new(truth: &Truth) -> Self {
        Self {
            truth: truth.clone(),
            text: Arc::default(),
        }
    }

    pub fn take(&self) -> Vec<u8> {
        mem::take(&mut self.text.lock().expect("no thread panics"))
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut text = self.text.lock().expect("no thread panics");
        let lines = text.iter().filter(|byte| **byte == b'\n').count();
        self.truth.written_at(lines + 1);
        text.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Paper {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// How the fmt layer writes.
#[derive(Clone, Copy)]
pub enum Style {
    Full,
    Compact,
    Json,
}

/// The options that a seed draws for the fmt layer.
pub struct Options {
    pub target: bool,
    pub thread_ids: bool,
    pub thread_names: bool,
    pub flatten: bool,
    pub spans: FmtSpan,
}

impl Options {
    pub fn new(seed: u64) -> Self {
        // The plan's own draws must not depend on these.
        let mut random = Random::new(!seed);
        Self {
            target: random.percent(75),
            thread_ids: random.percent(25),
            thread_names: random.percent(25),
            flatten: random.percent(25),
            spans: match random.below(8) {
                0 => FmtSpan::FULL,
                1 => FmtSpan::ENTER | FmtSpan::CLOSE,
                2 => FmtSpan::NEW | FmtSpan::CLOSE,
                _ => FmtSpan::CLOSE,
            },
        }
    }
}

pub fn fmt(truth: &Truth, paper: Paper, style: Style, ansi: bool, options: &Options) -> Dispatch {
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(paper)
        .with_ansi(ansi)
        .with_span_events(options.spans.clone())
        .with_target(options.target)
        .with_thread_ids(options.thread_ids)
        .with_thread_names(options.thread_names);
    between(
        truth,
        match style {
            Style::Full => layer.boxed(),
            Style::Compact => layer.compact().boxed(),
            Style::Json => layer.json().flatten_event(options.flatten).boxed(),
        },
    )
}

/// The guard writes the rest of the trace when it falls.
pub fn chrome(truth: &Truth, paper: Paper, style: TraceStyle) -> (Dispatch, FlushGuard) {
    let builder = ChromeLayerBuilder::new()
        .writer(paper)
        .include_args(true)
        .include_locations(false);
    let (layer, guard) = builder.trace_style(style).build();
    (between(truth, layer.boxed()), guard)
}

/// A subscriber with the tested layer between the two that tell the truth.
pub fn between(truth: &Truth, tested: Tested) -> Dispatch {
    Registry::default()
        .with(truth.before())
        .with(tested)
        .with(truth.after())
        .into()
}
