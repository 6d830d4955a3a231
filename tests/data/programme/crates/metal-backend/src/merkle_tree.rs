//! Merkle trees.

use crate::clock::Clock;
use crate::trace::Span;

/// What a Merkle tree takes, in percent of what it took at Milestone 8.
pub const MERKLE_PERCENT: u64 = 100;

/// A tree that takes so many microseconds.
pub fn merkle_tree(clock: &mut Clock, microseconds: u64) -> Span {
    Span::new("merkle_tree", clock.about(microseconds, MERKLE_PERCENT))
        .debug("merkle_tree_adjacent_layer_dispatch_stats | layer_count: 21 | dispatch_count: 21")
}
