//! The commitment to a stacked trace: Reed-Solomon code, then Merkle tree.

use crate::clock::Clock;
use crate::merkle_tree::merkle_tree;
use crate::trace::Span;

/// What the Reed-Solomon code takes, in percent of what it took at Milestone 8.
pub const RS_CODE_PERCENT: u64 = 100;
pub const NTT_DISPATCHES: u64 = 12;

/// A commitment whose parts take so many microseconds.
pub fn stacked_commit(clock: &mut Clock, own: u64, code: u64, tree: u64) -> Span {
    let code = Span::new("rs_code_matrix", clock.about(code, RS_CODE_PERCENT)).debug(format!(
        "rs_code_matrix_dispatch_stats | batch_expand_dispatch_count: 1 | batch_ntt_small_dispatch_count: {NTT_DISPATCHES}"
    ));
    Span::new("stacked_commit", clock.about(own, 100))
        .with(code)
        .with(merkle_tree(clock, tree))
}
