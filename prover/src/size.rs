//! How large the proofs are.

use std::ops::RangeInclusive;

use crate::environment::{VariableError, given, read, whole_number};

/// Variable with the number of Keccak-f permutations to prove.
pub const PERMUTATIONS: &str = "PROVER_KECCAKF_PERMUTATIONS";
/// Variable with the base-2 logarithm of the height of the stacked trace.
pub const LOG_STACKED_HEIGHT: &str = "PROVER_KECCAKF_LOG_STACKED_HEIGHT";

/// Variable with the base-2 logarithm of the number of rows in the LogUp proof's two large traces.
pub const LOG_ROWS: &str = "PROVER_LOGUP_LARGE_LOG_ROWS";

const DEFAULT_PERMUTATIONS: usize = 8;
const DEFAULT_LOG_STACKED_HEIGHT: usize = 15;
const DEFAULT_LOG_ROWS: usize = 13;

/// Below, the opening proof has no folding round left to prove; above, the parameter set no longer reaches its 100 bits.
const LOG_STACKED_HEIGHTS: RangeInclusive<usize> = 11..=24;

/// A single row cannot arrive elsewhere than it was sent from; the largest proof takes seven gigabytes of memory.
const LOGS_OF_ROWS: RangeInclusive<usize> = 1..=20;

const ROWS_PER_PERMUTATION: usize = 24;

/// A size of the Keccak-f proof that the prover accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeccakSize {
    permutations: usize,
    log_stacked_height: usize,
}

/// A size of the LogUp proof that the prover accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogupSize {
    log_rows: usize,
}

impl KeccakSize {
    /// Reads both variables; one that is unset or empty stands for its default.
    pub fn from_environment() -> Result<Self, VariableError> {
        Self::parse(read(PERMUTATIONS).as_deref(), read(LOG_STACKED_HEIGHT).as_deref())
    }

    /// The size that two variables with these values ask for.
    pub fn parse(permutations: Option<&str>, log_stacked_height: Option<&str>) -> Result<Self, VariableError> {
        let log_stacked_height = match given(log_stacked_height) {
            None => DEFAULT_LOG_STACKED_HEIGHT,
            Some(text) => whole_number(text, &LOG_STACKED_HEIGHTS)
                .ok_or_else(|| VariableError::new(LOG_STACKED_HEIGHT, text, range(&LOG_STACKED_HEIGHTS)))?,
        };
        // Also the default is checked: it does not fit a small stacked height.
        let text = given(permutations).map_or_else(|| DEFAULT_PERMUTATIONS.to_string(), str::to_owned);
        let accepted = 1..=most_permutations(log_stacked_height);
        let Some(permutations) = whole_number(&text, &accepted) else {
            let accepted = format!(
                "{} while {LOG_STACKED_HEIGHT} is {log_stacked_height}",
                range(&accepted)
            );
            return Err(VariableError::new(PERMUTATIONS, &text, accepted));
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

impl LogupSize {
    /// Reads the variable; unset or empty, it stands for the default.
    pub fn from_environment() -> Result<Self, VariableError> {
        Self::parse(read(LOG_ROWS).as_deref())
    }

    /// The size that the variable with this value asks for.
    pub fn parse(log_rows: Option<&str>) -> Result<Self, VariableError> {
        let log_rows = match given(log_rows) {
            None => DEFAULT_LOG_ROWS,
            Some(text) => whole_number(text, &LOGS_OF_ROWS)
                .ok_or_else(|| VariableError::new(LOG_ROWS, text, range(&LOGS_OF_ROWS)))?,
        };
        Ok(Self { log_rows })
    }

    /// Base-2 logarithm of the number of rows that are sent.
    pub fn log_rows(self) -> usize {
        self.log_rows
    }
}

/// The trace has 2633 columns and a power-of-two number of rows, and is cut into at most 2048 stacked columns; so it may
/// have at most half as many rows as a stacked column.
fn most_permutations(log_stacked_height: usize) -> usize {
    (1 << (log_stacked_height - 1)) / ROWS_PER_PERMUTATION
}

fn range(accepted: &RangeInclusive<usize>) -> String {
    format!("a whole number from {} to {}", accepted.start(), accepted.end())
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

    #[test]
    fn the_logup_size_is_read_the_same_way() {
        let rows = |text| LogupSize::parse(text).map(LogupSize::log_rows).ok();
        assert_eq!(rows(None), Some(DEFAULT_LOG_ROWS));
        assert_eq!(rows(Some("")), Some(DEFAULT_LOG_ROWS));
        assert_eq!((rows(Some("1")), rows(Some("20"))), (Some(1), Some(20)));
        assert_eq!((rows(Some("0")), rows(Some("21"))), (None, None));
        assert_eq!(
            LogupSize::parse(Some("many")).unwrap_err().to_string(),
            "PROVER_LOGUP_LARGE_LOG_ROWS is `many`; accepted is a whole number from 1 to 20"
        );
    }
}
