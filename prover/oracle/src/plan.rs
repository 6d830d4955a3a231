//! What will be done, drawn from a seed: the same for every library, so that their texts tell of the same program.

use serde::Serialize;

use crate::random::Random;
use crate::vocabulary::{EVENTS, NAMES, TAME_NAMES, Values};

const MAX_SPANS: f64 = 90.0;
const MAX_DEPTH: usize = 30;
const MAX_SPIN_NS: f64 = 2e6;

/// What this seed's program does at all.
#[derive(Serialize)]
pub struct Traits {
    pub nasty: bool,
    pub imitate: bool,
    pub threads: bool,
    pub keep: bool,
    pub max_depth: usize,
}

pub struct Plan {
    pub traits: Traits,
    pub steps: Vec<Step>,
}

pub enum Step {
    Spin(u64),
    Event(usize, Values),
    /// A span below the current one.
    Child(Node),
    /// The same, with its parent named.
    Named(Node),
    /// A span whose handle outlives the step: it closes later than its younger siblings, or later than its parent is left.
    Kept {
        node: Node,
        longer: bool,
    },
    /// Spans on threads of their own while this thread goes on; below the current span, or roots.
    Threads {
        nodes: Vec<Node>,
        roots: bool,
        meanwhile: Vec<Step>,
    },
    /// Other threads enter the current span for so long each, while this thread goes on.
    Share {
        spins_ns: Vec<u64>,
        meanwhile: Vec<Step>,
    },
}

/// A span: what happens below it before it is ever entered, and in each entry.
pub struct Node {
    pub kind: usize,
    pub values: Values,
    pub outside: Vec<Node>,
    pub entries: Vec<Vec<Step>>,
    pub pause_ns: u64,
}

impl Plan {
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let traits = Traits {
            nasty: random.percent(70),
            imitate: random.percent(10),
            threads: random.percent(50),
            keep: random.percent(35),
            max_depth: if random.percent(25) {
                MAX_DEPTH
            } else {
                2 + random.below(6)
            },
        };
        let spans_left = random.magnitude(MAX_SPANS) as usize;
        let mut planner = Planner {
            random,
            traits,
            spans_left,
        };
        let mut steps = Vec::new();
        while planner.spans_left > 0 {
            steps.extend(planner.steps(0));
        }
        Self {
            traits: planner.traits,
            steps,
        }
    }
}

struct Planner {
    random: Random,
    traits: Traits,
    spans_left: usize,
}

impl Planner {
    fn steps(&mut self, depth: usize) -> Vec<Step> {
        let count = self.random.pick(&[0, 1, 2, 2, 3, 4, 6, 10]);
        (0..count).map(|_| self.step(depth)).collect()
    }

    fn step(&mut self, depth: usize) -> Step {
        let draw = self.random.below(100);
        let span = self.spans_left > 0 && depth < self.traits.max_depth;
        match draw {
            0..12 => Step::Spin(self.random.magnitude(MAX_SPIN_NS)),
            12..30 => Step::Event(self.random.below(EVENTS), self.values()),
            30..42 if span && self.traits.threads => self.threads(depth),
            42..47 if depth > 0 && self.traits.threads => Step::Share {
                spins_ns: (0..=self.random.below(2))
                    .map(|_| self.random.magnitude(MAX_SPIN_NS / 4.0))
                    .collect(),
                meanwhile: self.steps(depth),
            },
            47..57 if span && self.traits.keep => Step::Kept {
                node: self.node(depth),
                longer: self.random.percent(30),
            },
            57..62 if span => Step::Named(self.node(depth)),
            _ if span => Step::Child(self.node(depth)),
            _ => Step::Spin(self.random.magnitude(MAX_SPIN_NS / 100.0)),
        }
    }

    fn threads(&mut self, depth: usize) -> Step {
        let roots = self.random.percent(30);
        let depth = if roots { 0 } else { depth };
        Step::Threads {
            nodes: (0..=self.random.below(3)).map(|_| self.node(depth)).collect(),
            roots,
            meanwhile: self.steps(depth),
        }
    }

    fn node(&mut self, depth: usize) -> Node {
        self.spans_left = self.spans_left.saturating_sub(1);
        let names = if self.traits.nasty { NAMES } else { TAME_NAMES };
        // Few names, so that siblings often share one.
        let kind = if self.random.percent(50) {
            self.random.below(5)
        } else {
            self.random.below(names)
        };
        let values = self.values();
        let entries = match self.random.below(20) {
            0..2 => 0,
            2 => 2 + self.random.below(4),
            _ => 1,
        };
        let outside = if self.random.percent(8) && self.spans_left > 0 && depth + 1 < self.traits.max_depth {
            vec![self.node(depth + 1)]
        } else {
            Vec::new()
        };
        Node {
            kind,
            values,
            outside,
            entries: (0..entries).map(|_| self.steps(depth + 1)).collect(),
            pause_ns: self.random.magnitude(MAX_SPIN_NS / 20.0),
        }
    }

    fn values(&mut self) -> Values {
        Values::random(&mut self.random, self.traits.nasty, self.traits.imitate)
    }
}
