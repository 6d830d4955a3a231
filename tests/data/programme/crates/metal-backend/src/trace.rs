//! Span trees, drawn as tracing-forest 0.1.6 draws them. Events of level debug are shown at `RUST_LOG=debug` only.

use std::fmt::Write;

const INFO: &str = "\x1b[1;32mINFO    \x1b[0m ";
const DEBUG: &str = "\x1b[1;34mDEBUG   \x1b[0m ";

enum Node {
    Span(Span),
    Event(&'static str, String),
}

/// A span: its own time in nanoseconds, and what lies in it.
pub struct Span {
    name: &'static str,
    own_ns: u64,
    fields: String,
    nodes: Vec<Node>,
}

impl Span {
    /// A span that takes this time besides what lies in it.
    pub fn new(name: &'static str, own_ns: u64) -> Self {
        Self {
            name,
            own_ns,
            fields: String::new(),
            nodes: Vec::new(),
        }
    }

    /// A span that is one of the prover's phases.
    pub fn phase(name: &'static str, own_ns: u64) -> Self {
        Self::new(name, own_ns).fields("phase: \"prover\"")
    }

    pub fn fields(mut self, fields: &str) -> Self {
        self.fields = fields.to_owned();
        self
    }

    pub fn with(mut self, child: Span) -> Self {
        self.nodes.push(Node::Span(child));
        self
    }

    pub fn info(mut self, text: impl Into<String>) -> Self {
        self.nodes.push(Node::Event(INFO, text.into()));
        self
    }

    pub fn debug(mut self, text: impl Into<String>) -> Self {
        if shows_debug() {
            self.nodes.push(Node::Event(DEBUG, text.into()));
        }
        self
    }

    /// The same tree with every time in it scaled.
    pub fn scaled(mut self, percent: u64) -> Self {
        self.own_ns = self.own_ns * percent / 100;
        self.nodes = self
            .nodes
            .into_iter()
            .map(|node| match node {
                Node::Span(span) => Node::Span(span.scaled(percent)),
                event @ Node::Event(..) => event,
            })
            .collect();
        self
    }

    /// Prints the tree in one write.
    pub fn print(&self) {
        let mut drawn = String::new();
        self.draw(&mut drawn, "", "", "", self.total_ns());
        print!("{drawn}");
    }

    fn total_ns(&self) -> u64 {
        self.own_ns + self.spans().map(Span::total_ns).sum::<u64>()
    }

    fn spans(&self) -> impl Iterator<Item = &Span> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Span(span) => Some(span),
            Node::Event(..) => None,
        })
    }

    fn draw(&self, drawn: &mut String, indent: &str, branch: &str, below: &str, root_ns: u64) {
        let total_ns = self.total_ns();
        write!(
            drawn,
            "{INFO}{indent}{branch}{} [ {} | ",
            self.name,
            duration(total_ns)
        )
        .ok();
        if self.spans().next().is_some() {
            write!(drawn, "{:.2}% / ", percent(self.own_ns, root_ns)).ok();
        }
        let space = if self.fields.is_empty() { "" } else { " " };
        writeln!(
            drawn,
            "{:.2}% ]{space}{}",
            percent(total_ns, root_ns),
            self.fields
        )
        .ok();
        for (i, node) in self.nodes.iter().enumerate() {
            let (branch, step) = if i + 1 < self.nodes.len() {
                ("┝━ ", "│  ")
            } else {
                ("┕━ ", "   ")
            };
            match node {
                Node::Span(span) => {
                    span.draw(drawn, below, branch, &format!("{below}{step}"), root_ns)
                }
                Node::Event(level, text) => drawn.push_str(&event(level, below, branch, text)),
            }
        }
    }
}

/// Prints an event that lies in no span.
pub fn info(text: &str) {
    print!("{}", event(INFO, "", "", text));
}

/// Prints an event of level debug that lies in no span.
pub fn debug(text: &str) {
    if shows_debug() {
        print!("{}", event(DEBUG, "", "", text));
    }
}

fn event(level: &str, indent: &str, branch: &str, text: &str) -> String {
    let tag = if level == INFO {
        "ｉ [info]"
    } else {
        "🐛 [debug]"
    };
    format!("{level}{indent}{branch}{tag}: {text}\n")
}

fn shows_debug() -> bool {
    std::env::var("RUST_LOG").is_ok_and(|levels| levels.contains("debug"))
}

fn percent(part_ns: u64, whole_ns: u64) -> f64 {
    100.0 * part_ns as f64 / whole_ns as f64
}

/// Three digits and a unit.
fn duration(ns: u64) -> String {
    let mut value = ns as f64;
    let mut units = ["ns", "µs", "ms", "s"].into_iter().peekable();
    while value >= 1000.0 && units.len() > 1 {
        value /= 1000.0;
        units.next();
    }
    let decimals = if value < 10.0 {
        2
    } else if value < 100.0 {
        1
    } else {
        0
    };
    format!("{value:.decimals$}{}", units.next().unwrap_or("s"))
}
