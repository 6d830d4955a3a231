//! Installs the subscriber: the span tree that OpenVM's own setup prints and, on request, the span file beside it.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::path::PathBuf;
use std::thread;

use thiserror::Error;
use tracing::Subscriber;
use tracing_forest::ForestLayer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

use crate::environment::VariableError;
use crate::span_log::{SpanLog, SpanLogError};
use crate::spin::Spin;

/// Variable with the path of the span file. Unset or empty, no span file is written.
pub const SPANS: &str = "PROVER_SPANS";

/// The filter that applies without a usable `RUST_LOG`.
const DEFAULT_FILTER: &str = "info,p3_=warn";

/// What `EnvFilter` makes of a `RUST_LOG` that is set and empty.
const EMPTY_FILTER: &str = "off";

/// Why the span file is not whole.
#[derive(Debug, Error)]
pub enum SpanFileError {
    /// There is no such file.
    #[error("span file {} cannot be created: {source}", path.display())]
    Create { path: PathBuf, source: io::Error },
    /// Another subscriber got there first, and the spans went to it.
    #[error("span file {} has no spans: tracing was set up before", path.display())]
    NotInstalled { path: PathBuf },
    /// The file lacks its end.
    #[error("span file {} {source}", path.display())]
    Incomplete { path: PathBuf, source: SpanLogError },
}

/// Completes the span file. Keep it until the last span has closed.
#[must_use = "dropped at once, the guard ends the span file before the first span"]
pub struct TracingGuard {
    spans: SpanFile,
}

enum SpanFile {
    Off,
    Open { path: PathBuf, log: SpanLog },
    Failed(SpanFileError),
}

impl TracingGuard {
    /// Completes the span file and says whether it is whole. Without a span file there is nothing that can fail.
    pub fn finish(mut self) -> Result<(), SpanFileError> {
        self.complete()
    }

    fn complete(&mut self) -> Result<(), SpanFileError> {
        match mem::replace(&mut self.spans, SpanFile::Off) {
            SpanFile::Off => Ok(()),
            SpanFile::Open { path, log } => log
                .finish()
                .map_err(|source| SpanFileError::Incomplete { path, source }),
            SpanFile::Failed(error) => Err(error),
        }
    }
}

impl Drop for TracingGuard {
    fn drop(&mut self) {
        if thread::panicking() {
            // The run was cut, and the file must not claim that it is whole.
            if let SpanFile::Open { log, .. } = &self.spans {
                log.abandon();
            }
        } else if let Err(error) = self.complete() {
            // Unlike `eprintln!`, this cannot panic when standard error is closed.
            let _ = writeln!(io::stderr(), "error: {error}");
        }
    }
}

/// Sets up tracing for the process, unless a variable's value is not accepted.
///
/// As with OpenVM's own setup, a subscriber that was installed before stays in place without a message, unless a span file
/// was asked for.
pub fn setup() -> Result<TracingGuard, VariableError> {
    let spin = Spin::from_environment()?;
    let spans = requested_path(env::var_os(SPANS)).map_or(SpanFile::Off, open);
    let (filter, filter_text) = filter();
    let registry = Registry::default().with(filter);
    // Layers hear of entering and of leaving a span in the order in which they are added. Added first, the spin is over when
    // the others stop their clocks, and so they show it.
    let spans = match spin {
        Some(spin) => install(registry.with(spin), spans, &filter_text),
        None => install(registry, spans, &filter_text),
    };
    Ok(TracingGuard { spans })
}

fn install<S>(registry: S, spans: SpanFile, filter_text: &str) -> SpanFile
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup> + Send + Sync + 'static,
{
    let SpanFile::Open { path, log } = spans else {
        let _ = registry.with(ForestLayer::default()).try_init();
        return spans;
    };
    // Added before the forest layer, the span log has done its work on entering, the longer of the two, when the forest layer
    // starts its clock; only the short work on leaving falls into the forest layer's times. The other way round it would be
    // the longer one. Creating and closing a child falls into its parent's time in either order, which is why the log does so
    // little then.
    let installed = registry.with(log.layer()).with(ForestLayer::default()).try_init();
    if installed.is_err() {
        return SpanFile::Failed(SpanFileError::NotInstalled { path });
    }
    log.write_header(filter_text);
    SpanFile::Open { path, log }
}

fn requested_path(value: Option<OsString>) -> Option<PathBuf> {
    value.filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn open(path: PathBuf) -> SpanFile {
    match File::create(&path) {
        Ok(file) => SpanFile::Open {
            path,
            log: SpanLog::new(file),
        },
        Err(source) => SpanFile::Failed(SpanFileError::Create { path, source }),
    }
}

/// The filter, and its text for the header: a `RUST_LOG` that cannot be parsed counts as unset, as upstream.
fn filter() -> (EnvFilter, String) {
    match EnvFilter::try_from_default_env() {
        Ok(filter) => {
            let text = env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
            let text = if text.is_empty() { EMPTY_FILTER.to_owned() } else { text };
            (filter, text)
        }
        Err(_) => (EnvFilter::new(DEFAULT_FILTER), DEFAULT_FILTER.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_and_empty_switch_the_span_file_off() {
        assert_eq!(requested_path(None), None);
        assert_eq!(requested_path(Some(OsString::new())), None);
        assert_eq!(requested_path(Some("spans.jsonl".into())), Some("spans.jsonl".into()));
    }

    #[test]
    fn a_file_that_cannot_be_created_is_reported() {
        let guard = TracingGuard {
            spans: open("no such folder/spans.jsonl".into()),
        };
        let message = guard.finish().unwrap_err().to_string();
        assert!(
            message.starts_with("span file no such folder/spans.jsonl cannot be created: "),
            "{message}"
        );
    }

    #[test]
    fn an_empty_filter_is_what_the_header_calls_it() {
        let level = |text| EnvFilter::builder().parse(text).unwrap().max_level_hint();
        assert_eq!(level(""), level(EMPTY_FILTER));
    }

    #[test]
    fn a_guard_without_span_file_has_nothing_to_report() {
        let guard = TracingGuard { spans: SpanFile::Off };
        assert!(guard.finish().is_ok());
    }
}
