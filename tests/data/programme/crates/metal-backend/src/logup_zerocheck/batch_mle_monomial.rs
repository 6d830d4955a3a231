//! The monomial path of the MLE rounds.

/// Traces that take it.
pub const MONOMIAL_TRACES: u64 = 1;
