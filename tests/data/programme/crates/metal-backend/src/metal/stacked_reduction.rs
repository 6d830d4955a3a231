//! The kernels of the stacked reduction.

/// Syncs that one batch of the reduction's MLE rounds waits for.
pub const SYNCS_PER_BATCH: u64 = 2;
