//! How large the Keccak-f proof is. The numbers come from the environment because a benchmark command takes no arguments.

use std::env;
use std::ops::RangeInclusive;

use thiserror::Error;

/// Variable with the number of Keccak-f permutations to prove.
pub const PERMUTATIONS: &str = "PROVER_KECCAKF_PERMUTATIONS";
/// Variable with the base-2 logarithm of the height of the stacked trace.
pub const LOG_STACKED_HEIGHT: &str = "PROVER_KECCAKF_LOG_STACKED_HEIGHT";

const DEFAULT_PERMUTATIONS: usize = 8;
const DEFAULT_LOG_STACKED_HEIGHT: usize = 15;

/// Below, the opening proof has no folding round left to prove; above, the parameter set no longer reaches its 100 bits.
const LOG_STACKED_HEIGHTS: RangeInclusive<usize> = 11..=24;

const ROWS_PER_PERMUTATION: usize = 24;

/// A size that the prover accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeccakSize {
    permutations: usize,
    log_stacked_height: usize,
}

/// A variable whose value cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{variable} is `{value}`; accepted is {accepted}")]
pub struct SizeError {
    variable: &'static str,
    value: String,
    accepted: String,
}

impl KeccakSize {
    /// Reads both variables; one that is unset or empty stands for its default.
    pub fn from_environment() -> Result<Self, SizeError> {
        let read = |name| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::parse(read(PERMUTATIONS).as_deref(), read(LOG_STACKED_HEIGHT).as_deref())
    }

    /// The size that two variables with these values ask for.
    pub fn parse(permutations: Option<&str>, log_stacked_height: Option<&str>) -> Result<Self, SizeError> {
        let log_stacked_height = match given(log_stacked_height) {
            None => DEFAULT_LOG_STACKED_HEIGHT,
            Some(text) => whole_number(text, &LOG_STACKED_HEIGHTS).ok_or_else(|| SizeError {
                variable: LOG_STACKED_HEIGHT,
                value: text.to_owned(),
                accepted: format!(
                    "a whole number from {} to {}",
                    LOG_STACKED_HEIGHTS.start(),
                    LOG_STACKED_HEIGHTS.end()
                ),
            })?,
        };
        // Also the default is checked: it does not fit a small stacked height.
        let text = given(permutations).map_or_else(|| DEFAULT_PERMUTATIONS.to_string(), str::to_owned);
        let accepted = 1..=most_permutations(log_stacked_height);
        let Some(permutations) = whole_number(&text, &accepted) else {
            return Err(SizeError {
                variable: PERMUTATIONS,
                value: text,
                accepted: format!(
                    "a whole number from {} to {} while {LOG_STACKED_HEIGHT} is {log_stacked_height}",
                    accepted.start(),
                    accepted.end()
                ),
            });
        };
        Ok(Self {
            permutations,
            log_stacked_height,
        })
    }

    /// Keccak-f permutations to prove.
    pub fn permutations(self) -> usize {
        self.permutations
    }

    /// Base-2 logarithm of the height of the stacked trace.
    pub fn log_stacked_height(self) -> usize {
        self.log_stacked_height
    }
}

/// The trace has 2633 columns and a power-of-two number of rows, and is cut into at most 2048 stacked columns; so it may
/// have at most half as many rows as a stacked column.
fn most_permutations(log_stacked_height: usize) -> usize {
    (1 << (log_stacked_height - 1)) / ROWS_PER_PERMUTATION
}

fn given(value: Option<&str>) -> Option<&str> {
    value.filter(|text| !text.is_empty())
}

fn whole_number(text: &str, accepted: &RangeInclusive<usize>) -> Option<usize> {
    text.parse().ok().filter(|number| accepted.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(permutations: Option<&str>, log_stacked_height: Option<&str>) -> Option<(usize, usize)> {
        let size = KeccakSize::parse(permutations, log_stacked_height).ok()?;
        Some((size.permutations(), size.log_stacked_height()))
    }

    #[test]
    fn unset_and_empty_mean_the_default() {
        let defaults = Some((DEFAULT_PERMUTATIONS, DEFAULT_LOG_STACKED_HEIGHT));
        assert_eq!(numbers(None, None), defaults);
        assert_eq!(numbers(Some(""), Some("")), defaults);
    }

    #[test]
    fn each_variable_is_read() {
        assert_eq!(numbers(Some("1"), None), Some((1, DEFAULT_LOG_STACKED_HEIGHT)));
        assert_eq!(numbers(None, Some("16")), Some((DEFAULT_PERMUTATIONS, 16)));
        assert_eq!(numbers(Some("1024"), Some("21")), Some((1024, 21)));
    }

    #[test]
    fn bounds_belong_to_the_accepted_range() {
        assert_eq!(numbers(Some("1"), Some("11")), Some((1, 11)));
        assert_eq!(numbers(Some("42"), Some("11")), Some((42, 11)));
        assert_eq!(numbers(Some("43"), Some("11")), None);
        assert_eq!(numbers(None, Some("24")), Some((DEFAULT_PERMUTATIONS, 24)));
        assert_eq!(numbers(None, Some("10")), None);
        assert_eq!(numbers(None, Some("25")), None);
    }

    #[test]
    fn what_is_no_whole_number_in_range_is_refused() {
        for text in ["0", "-1", "eight", "8.0", " 8", "1e3", "99999999999999999999999"] {
            assert_eq!(numbers(Some(text), None), None, "{text}");
            assert_eq!(numbers(None, Some(text)), None, "{text}");
        }
    }

    #[test]
    fn message_names_variable_value_and_what_is_accepted() {
        let message = |permutations, height| KeccakSize::parse(permutations, height).unwrap_err().to_string();
        assert_eq!(
            message(Some("many"), None),
            "PROVER_KECCAKF_PERMUTATIONS is `many`; accepted is a whole number from 1 to 682 \
             while PROVER_KECCAKF_LOG_STACKED_HEIGHT is 15"
        );
        assert_eq!(
            message(None, Some("3")),
            "PROVER_KECCAKF_LOG_STACKED_HEIGHT is `3`; accepted is a whole number from 11 to 24"
        );
    }
}
