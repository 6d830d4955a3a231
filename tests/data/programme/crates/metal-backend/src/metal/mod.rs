//! How work is handed to the GPU.

pub mod logup_zerocheck;
pub mod matrix;
pub mod stacked_reduction;

/// A stage of dispatches as its event says it; `more` are fields that only this stage has.
pub fn dispatch_stage(stage: &str, kernel_count: u64, sync_count: u64, more: &str) -> String {
    format!(
        "metal_dispatch_stage | stage: \"{stage}\" | phase: \"rap_constraints\" \
         | {more} | kernel_count: {kernel_count} | sync_count: {sync_count}"
    )
}
