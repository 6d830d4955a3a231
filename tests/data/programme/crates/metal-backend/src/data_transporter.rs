//! Traces on their way to the device.

use crate::metal::matrix;
use crate::trace;

/// Copies of a whole trace that are made on the way.
pub const TEMPORARY_COPIES: u64 = 3;

/// Says what the transport took; none of it lies in a span.
pub fn transport() {
    let dispatches = TEMPORARY_COPIES + matrix::TRANSPOSE_DISPATCHES;
    trace::debug(&format!(
        "transport_trace_stats | matrices: 1 | dispatch_count: {dispatches} | alloc_count: {TEMPORARY_COPIES}"
    ));
}

/// Every `stride`-th value of a trace.
pub fn collapse_strided_trace(values: &[u64], stride: usize) -> Vec<u64> {
    values.iter().copied().step_by(stride).collect()
}

#[cfg(test)]
mod tests {
    use super::collapse_strided_trace;

    #[test]
    fn collapse_strided_trace_keeps_every_second_value() {
        assert_eq!(collapse_strided_trace(&[1, 2, 3, 4, 5], 2), [1, 3, 5]);
    }

    #[test]
    fn collapse_strided_trace_of_stride_one_changes_nothing() {
        assert_eq!(collapse_strided_trace(&[1, 2], 1), [1, 2]);
    }
}
