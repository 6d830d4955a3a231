//! A layer that makes the spans of one name longer by a known share of their time: a change in the prover whose place and
//! size are known, for checking that a comparison finds it.

use std::hint;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use tracing::Subscriber;
use tracing::span::Id;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::environment::{VariableError, given, read};

/// Variable with the name of the spans to make longer and by which share of their time, `SPAN_NAME=SHARE`. Unset or empty,
/// the layer is not installed.
pub const SPIN: &str = "PROVER_SPIN";

/// Far more than any check needs; it keeps a slip of the pen from running for days.
const LARGEST_SHARE: f64 = 100.0;

/// Spins for a share of a span's time just before the span is left. It must be added before the layers that measure spans.
#[derive(Clone, Debug, PartialEq)]
pub struct Spin {
    span: String,
    share: f64,
}

impl Spin {
    /// Reads the variable.
    pub fn from_environment() -> Result<Option<Self>, VariableError> {
        Self::parse(read(SPIN).as_deref())
    }

    /// What the variable with this value asks for.
    pub fn parse(value: Option<&str>) -> Result<Option<Self>, VariableError> {
        let Some(text) = given(value) else {
            return Ok(None);
        };
        // A span's name may hold the sign itself, a share cannot.
        let spin = text.rsplit_once('=').and_then(|(span, share)| {
            let share = share
                .parse()
                .ok()
                .filter(|share| (0.0..=LARGEST_SHARE).contains(share))?;
            let span = (!span.is_empty()).then(|| span.to_owned())?;
            Some(Self { span, share })
        });
        let accepted = || format!("SPAN_NAME=SHARE with a share from 0 to {LARGEST_SHARE}");
        spin.map(Some).ok_or_else(|| VariableError::new(SPIN, text, accepted()))
    }
}

/// Since when which threads are inside a span; lives in its extensions.
#[derive(Default)]
struct Entries(Vec<(ThreadId, Instant)>);

impl Entries {
    /// Ends this thread's latest entry.
    fn leave(&mut self) -> Option<Instant> {
        let thread = thread::current().id();
        let latest = self.0.iter().rposition(|(entered, _)| *entered == thread)?;
        Some(self.0.remove(latest).1)
    }
}

impl<S> Layer<S> for Spin
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(|span| span.name() == self.span) else {
            return;
        };
        let mut extensions = span.extensions_mut();
        if extensions.get_mut::<Entries>().is_none() {
            extensions.insert(Entries::default());
        }
        if let Some(entries) = extensions.get_mut::<Entries>() {
            entries.0.push((thread::current().id(), Instant::now()));
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(|span| span.name() == self.span) else {
            return;
        };
        // The span's extensions are free again while this thread spins: others may enter and leave the span meanwhile.
        let entered = span.extensions_mut().get_mut().and_then(Entries::leave);
        if let Some(entered) = entered {
            spin_for(entered.elapsed().mul_f64(self.share));
        }
    }
}

fn spin_for(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::dispatcher::{self, Dispatch};
    use tracing::info_span;
    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    const WORK: Duration = Duration::from_millis(2);
    /// So much that a span which spins differs from one that was held up.
    const MANY: f64 = LARGEST_SHARE;

    fn spin(span: &str, share: f64) -> Option<Spin> {
        let span = span.to_owned();
        Some(Spin { span, share })
    }

    /// Notes by name how long each span was entered, as a layer that measures spans does.
    #[derive(Clone, Default)]
    struct Clock(Arc<Mutex<Vec<(&'static str, Duration)>>>);

    impl<S> Layer<S> for Clock
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        fn on_enter(&self, id: &Id, context: Context<'_, S>) {
            context.span(id).unwrap().extensions_mut().replace(Instant::now());
        }

        fn on_exit(&self, id: &Id, context: Context<'_, S>) {
            let span = context.span(id).unwrap();
            let entered = *span.extensions().get::<Instant>().unwrap();
            self.0.lock().unwrap().push((span.name(), entered.elapsed()));
        }
    }

    fn time_of(program: impl FnOnce()) -> Duration {
        let start = Instant::now();
        program();
        start.elapsed()
    }

    /// How long each entry of a span took in `program`, in the order in which they ended.
    fn times(spin: Spin, program: impl FnOnce()) -> Vec<(&'static str, Duration)> {
        let clock = Clock::default();
        let dispatch = Dispatch::new(Registry::default().with(spin).with(clock.clone()));
        dispatcher::with_default(&dispatch, program);
        clock.0.lock().unwrap().clone()
    }

    #[test]
    fn unset_and_empty_mean_no_spin() {
        assert_eq!(Spin::parse(None), Ok(None));
        assert_eq!(Spin::parse(Some("")), Ok(None));
    }

    #[test]
    fn a_share_of_a_span_is_read() {
        assert_eq!(Spin::parse(Some("row_hash=0.2")), Ok(spin("row_hash", 0.2)));
        assert_eq!(Spin::parse(Some("prover.a b=0")), Ok(spin("prover.a b", 0.0)));
        assert_eq!(Spin::parse(Some("x=100")), Ok(spin("x", LARGEST_SHARE)));
        assert_eq!(Spin::parse(Some("a=b=1")), Ok(spin("a=b", 1.0)));
    }

    #[test]
    fn what_is_no_share_of_a_span_is_refused() {
        for text in [
            "row_hash", "=0.2", "x=", "x=-0.1", "x=100.1", "x=nan", "x=inf", "x=20%", "x= 1",
        ] {
            assert!(Spin::parse(Some(text)).is_err(), "{text}");
        }
        assert_eq!(
            Spin::parse(Some("row_hash")).unwrap_err().to_string(),
            "PROVER_SPIN is `row_hash`; accepted is SPAN_NAME=SHARE with a share from 0 to 100"
        );
    }

    #[test]
    fn the_span_gets_longer_by_the_share_and_no_other() {
        let found = times(spin("named", MANY).unwrap(), || {
            info_span!("root").in_scope(|| {
                info_span!("other").in_scope(|| spin_for(WORK));
                info_span!("named").in_scope(|| spin_for(WORK));
                info_span!("named too").in_scope(|| spin_for(WORK));
            });
        });
        let [(_, other), (_, named), (_, longer_name), (_, root)] = found[..] else {
            panic!("{found:?}");
        };
        let spun = WORK.mul_f64(1.0 + MANY);
        assert!(named >= spun && root >= named, "{found:?}");
        assert!(other < spun && longer_name < spun, "{found:?}");
    }

    #[test]
    fn every_entry_is_timed_by_itself() {
        let found = times(spin("named", MANY).unwrap(), || {
            let span = info_span!("named");
            span.in_scope(|| spin_for(WORK));
            span.in_scope(|| {});
        });
        let [(_, first), (_, second)] = found[..] else {
            panic!("{found:?}");
        };
        let spun = WORK.mul_f64(1.0 + MANY);
        assert!(first >= spun && second < spun, "{found:?}");
    }

    #[test]
    fn threads_in_one_span_spin_for_their_own_time() {
        let dispatch = Dispatch::new(Registry::default().with(spin("named", MANY).unwrap()));
        let [short, long] = dispatcher::with_default(&dispatch, || {
            let span = info_span!("named");
            let entered = span.enter();
            spin_for(WORK);
            let other = || dispatcher::with_default(&dispatch, || time_of(|| span.in_scope(|| {})));
            [
                thread::scope(|scope| scope.spawn(other).join().unwrap()),
                time_of(|| drop(entered)),
            ]
        });
        assert!(
            short < WORK.mul_f64(MANY) && long >= WORK.mul_f64(MANY),
            "{short:?} {long:?}"
        );
    }
}
