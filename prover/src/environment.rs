//! Settings that come from environment variables, because a benchmark command takes no arguments.

use std::env;
use std::ops::RangeInclusive;

use thiserror::Error;

/// A variable whose value cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{variable} is `{value}`; accepted is {accepted}")]
pub struct VariableError {
    variable: &'static str,
    value: String,
    accepted: String,
}

impl VariableError {
    /// Says that `variable` must not be `value`, and what it may be.
    pub(crate) fn new(variable: &'static str, value: &str, accepted: impl Into<String>) -> Self {
        Self {
            variable,
            value: value.to_owned(),
            accepted: accepted.into(),
        }
    }
}

/// The variable's text; one that is not Unicode comes with replacement characters, which no setting accepts.
pub(crate) fn read(variable: &str) -> Option<String> {
    env::var_os(variable).map(|value| value.to_string_lossy().into_owned())
}

/// A text that is set and not empty; all others stand for the default.
pub(crate) fn given(value: Option<&str>) -> Option<&str> {
    value.filter(|text| !text.is_empty())
}

/// The number that `text` is, if it lies in `accepted`.
pub(crate) fn whole_number(text: &str, accepted: &RangeInclusive<usize>) -> Option<usize> {
    text.parse().ok().filter(|number| accepted.contains(number))
}
