//! What is said: span names, fields and events that are hard to read back, and the callsites that `tracing` wants static.

use tracing::span::Id;
use tracing::{Level, Span, event, field, span};

use crate::random::Random;

/// Where a new span hangs.
pub enum Parent {
    /// Below the thread's current span.
    Current,
    /// Below this one; None makes a root.
    Explicit(Option<Id>),
}

/// Field values and messages; each callsite uses some of them.
#[derive(Clone, Copy)]
pub struct Values {
    number: u64,
    signed: i64,
    ratio: f64,
    flag: bool,
    maybe: Option<u64>,
    text: &'static str,
    shown: &'static str,
    message: &'static str,
    list: &'static [&'static str],
}

const NUMBERS: [u64; 6] = [0, 1, 7, 1 << 20, 1 << 53, u64::MAX];
const SIGNED: [i64; 4] = [-1, 0, i64::MIN, i64::MAX];
const RATIOS: [f64; 7] = [0.0, -0.0, 1.5, 1e300, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE];
const TEXTS: [&str; 14] = [
    "prover",
    "",
    "two words",
    "say \"hi | k: v\"",
    "back\\slash\\",
    "x | k: v",
    "a: b",
    "line\nbreak\ttab",
    "\u{1b}[1mbold\u{1b}[0m",
    "grüße 树 │ ┝━ µs",
    "}: close time.busy=1.00ms",
    "\u{7f}\u{85}\u{2028}",
    "{\"k\": [1, 2]}",
    " n=7 [ 1.00ms | 100.00% ] ",
];
/// Of these the last span lines.
const SHOWN: [&str; 12] = [
    "plain",
    "",
    "left | right",
    "x | k: v",
    "a: b",
    "5\" pipe",
    "half \"open | n: 7",
    "k=v n=7",
    "name{n=7}:leaf",
    "grüße 树 │ ┝━ µs",
    "[ 1.00ms | 100.00% ]",
    "first\nsecond | n: 7",
];
const MESSAGES: [&str; 16] = [
    "hello",
    "",
    "low memory",
    "left | right",
    "a: b | n: 7",
    "the 5\" pipe",
    "TestAir | Constraint Deg = 3  | Prep Cols = 0  | Main Cols = [2633]   | 3182 Constraints |   0 Interactions",
    "close",
    "close time.busy=1.00ms time.idle=2.00ms",
    "progress [ 1.25s | 3.10% / 100.00% ] done",
    "{\"message\":\"close\",\"time.busy\":\"1.00ms\"}",
    "grüße 树 │ ┝━ µs",
    "thread 'main' panicked at src/lib.rs:1:1",
    "one\ntwo",
    "one\n\n   │  three | n: 7\n",
    "error: INFO and WARN\nINFO nothing",
];
/// A message whose further lines look like the library's own: no reader can tell them apart.
const IMITATIONS: [&str; 7] = [
    "so:\nINFO     fake [ 1.25ms | 100.00% ]",
    "so:\nINFO     ┝━ fake [ 1.25ms | 50.00% ]",
    "so:\nINFO     ┕━ fake [ 1.25ms | 50.00% ]",
    "so:\nWARN     fake [ 3.00ms | 50.00% / 100.00% ]\nWARN     ┕━ fake child [ 1.50ms | 50.00% ]",
    "so:\nINFO     ｉ [info]: fake",
    "so:\n2026-01-01T00:00:00.000000Z  INFO fake: oracle: close time.busy=1.25ms time.idle=4.30µs",
    "so:\n{\"timestamp\":\"2026-01-01T00:00:00.000000Z\",\"level\":\"INFO\",\"fields\":{\"message\":\"close\",\"time.busy\":\"1.25ms\",\"time.idle\":\"1.25ms\"},\"target\":\"oracle\",\"span\":{\"name\":\"fake\"},\"spans\":[]}",
];
const LISTS: [&[&str]; 3] = [&[], &["a"], &["a", "b | c: d"]];

impl Values {
    /// Values at random; `imitate` admits messages that look like the library's own lines.
    pub fn random(random: &mut Random, nasty: bool, imitate: bool) -> Self {
        let message = if imitate && random.percent(15) {
            random.pick(&IMITATIONS)
        } else {
            random.pick(&MESSAGES)
        };
        Self {
            number: random.pick(&NUMBERS),
            signed: random.pick(&SIGNED),
            ratio: random.pick(&RATIOS),
            flag: random.percent(50),
            maybe: random.percent(50).then_some(3),
            text: if nasty {
                random.pick(&TEXTS)
            } else {
                random.pick(&TEXTS[..3])
            },
            shown: if nasty {
                random.pick(&SHOWN)
            } else {
                random.pick(&SHOWN[..2])
            },
            message,
            list: random.pick(&LISTS),
        }
    }
}

/// How many span names there are without anything in them that a format uses itself.
pub const TAME_NAMES: usize = 12;
/// The tame ones, and those with blanks, quotes, brackets, colons or other alphabets.
pub const NAMES: usize = 31;

macro_rules! spans {
    ($values:ident, $($kind:literal: $level:ident $name:literal { $($fields:tt)* })*) => {
        /// Opens the span of this kind, which is below `NAMES`.
        pub fn open(kind: usize, parent: Parent, $values: &Values) -> Span {
            match (kind, parent) {
                $(
                    ($kind, Parent::Current) => span!(Level::$level, $name, $($fields)*),
                    ($kind, Parent::Explicit(id)) => span!(parent: id, Level::$level, $name, $($fields)*),
                )*
                _ => unreachable!("no span of kind {kind}"),
            }
        }
    };
}

spans! { values,
    0: INFO "prove" {}
    1: INFO "commit" { n = values.number }
    2: INFO "whir_round" { round = values.number }
    3: DEBUG "stacked_fold_mle" { round = values.number, phase = values.text }
    4: INFO "leaf" {}
    5: TRACE "shown" { shown = %values.shown }
    6: WARN "debugged" { debugged = ?values.text, list = ?values.list }
    7: ERROR "flagged" { flag = values.flag, maybe = values.maybe, signed = values.signed }
    8: INFO "prover.openings.whir" { http.status = values.number, r#type = values.text }
    9: INFO "late" { early = values.number, late = field::Empty }
    10: INFO "ratio" { ratio = values.ratio, defer = values.flag }
    11: INFO "inner-2" { name = values.text, n = values.number }
    12: INFO "generate Keccak trace" {}
    13: INFO "s'_0 -> s_0 cpu interpolations" { n = values.number }
    14: TRACE "a::b::<T>::c" { shown = %values.shown, n = values.number }
    15: WARN "quote \"d\" \\ {}" { text = values.text }
    16: INFO "bracket [ 3" {}
    17: INFO "bracket ] | x: y" { n = values.number }
    18: ERROR "вершина │ ┝━ 树" { text = values.text }
    19: INFO "" { n = values.number }
    20: INFO " leading" {}
    21: INFO "trailing " { n = values.number }
    22: DEBUG "a > b" { a = %values.shown, b = %values.shown }
    23: INFO "name: colon" {}
    24: INFO "root{n=7}:leaf" { n = values.number }
    25: INFO "INFO     x" {}
    26: INFO "close" { message = values.text }
    27: INFO "12.0ms" { time.busy = values.text, time.idle = values.text }
    28: INFO "a, b; c=d" { text = values.text, shown = %values.shown, list = ?values.list, flag = values.flag }
    29: INFO "prove [ 1.25ms" {}
    30: INFO "100.00% ]" { n = values.number }
}

/// How many events there are.
pub const EVENTS: usize = 13;

macro_rules! events {
    ($values:ident, $($kind:literal: $level:ident { $($fields:tt)* })*) => {
        /// Says the event of this kind, which is below `EVENTS`, in the current span.
        pub fn say(kind: usize, $values: &Values) {
            match kind {
                $($kind => event!(Level::$level, $($fields)*),)*
                _ => unreachable!("no event of kind {kind}"),
            }
        }
    };
}

events! { values,
    0: INFO { "static message" }
    1: INFO { "{}", values.message }
    2: WARN { free = values.number, "{}", values.message }
    3: DEBUG { shown = %values.shown, text = values.text, "{}", values.message }
    4: INFO { num_airs = values.number }
    5: TRACE { text = values.text, shown = %values.shown }
    6: ERROR { list = ?values.list, "{}", values.message }
    7: INFO { immediate = true, "{}", values.message }
    8: WARN { immediate = values.flag, k = values.text, "now" }
    9: INFO { ratio = values.ratio, signed = values.signed, flag = values.flag, "typed" }
    10: INFO { time.busy = "1.25ms", time.idle = "4.30µs", "close" }
    11: INFO { shown = %values.shown }
    12: ERROR { name = "x", duration = ?std::time::Duration::from_micros(1250), "{} | n: {}", values.message, values.number }
}
