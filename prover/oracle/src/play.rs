//! Does what a plan says, with real spans on real threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use tracing::dispatcher::{self, Dispatch};
use tracing::span::Id;
use tracing::{Span, field};

use crate::plan::{Node, Plan, Step};
use crate::vocabulary::{self, Parent};

/// Performs the plan under this subscriber, on a thread of its own.
pub fn play(plan: &Plan, dispatch: &Dispatch) {
    let stage = Stage {
        dispatch,
        threads: AtomicUsize::new(0),
    };
    thread::scope(|scope| stage.start(scope, || stage.perform(&plan.steps, None, &mut Vec::new())));
}

struct Stage<'a> {
    dispatch: &'a Dispatch,
    threads: AtomicUsize,
}

impl Stage<'_> {
    /// Takes the steps; spans that are to outlive the span that they are `within` go to `outliving`.
    fn perform(&self, steps: &[Step], within: Option<&Span>, outliving: &mut Vec<Span>) {
        // The handles fall in the order in which they were put here, after all steps.
        let mut kept = Vec::new();
        for step in steps {
            match step {
                Step::Spin(spin_ns) => spin(*spin_ns),
                Step::Event(kind, values) => vocabulary::say(*kind, values),
                Step::Child(node) => drop(self.open(node, Parent::Current)),
                Step::Named(node) => drop(self.open(node, Parent::Explicit(id(within)))),
                Step::Kept { node, longer: false } => kept.push(self.open(node, Parent::Current)),
                Step::Kept { node, longer: true } => outliving.push(self.open(node, Parent::Current)),
                Step::Threads {
                    nodes,
                    roots,
                    meanwhile,
                } => thread::scope(|scope| {
                    for node in nodes {
                        let parent = Parent::Explicit(if *roots { None } else { id(within) });
                        self.start(scope, || drop(self.open(node, parent)));
                    }
                    self.perform(meanwhile, within, outliving);
                }),
                Step::Share { spins_ns, meanwhile } => thread::scope(|scope| {
                    for spin_ns in spins_ns {
                        self.start(scope, || within.map(|span| span.in_scope(|| spin(*spin_ns))));
                    }
                    self.perform(meanwhile, within, outliving);
                }),
            }
        }
    }

    /// Opens a span, enters it as often as planned, and hands over what keeps it from closing.
    fn open(&self, node: &Node, parent: Parent) -> Span {
        let span = vocabulary::open(node.kind, parent, &node.values);
        for child in &node.outside {
            drop(self.open(child, Parent::Explicit(span.id())));
        }
        let mut outliving = Vec::new();
        for (index, steps) in node.entries.iter().enumerate() {
            if index > 0 {
                spin(node.pause_ns);
            }
            span.in_scope(|| self.perform(steps, Some(&span), &mut outliving));
        }
        for child in outliving {
            child.in_scope(|| spin(node.pause_ns));
        }
        if span.has_field("late") {
            span.record("late", field::display("recorded later"));
        }
        span
    }

    /// Starts a thread with a name that no other has: a trace tells threads apart by number or name only.
    fn start<'scope, T: Send + 'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        work: impl FnOnce() -> T + Send + 'scope,
    ) {
        let number = self.threads.fetch_add(1, Ordering::Relaxed);
        let name = if number % 4 == 3 {
            format!("worker \"{number}\": x")
        } else {
            format!("worker-{number}")
        };
        let started = thread::Builder::new()
            .name(name)
            .spawn_scoped(scope, || dispatcher::with_default(self.dispatch, work));
        started.expect("a thread can be started");
    }
}

fn id(span: Option<&Span>) -> Option<Id> {
    span.and_then(Span::id)
}

fn spin(spin_ns: u64) {
    let start = Instant::now();
    let length = Duration::from_nanos(spin_ns);
    while start.elapsed() < length {
        std::hint::spin_loop();
    }
}
