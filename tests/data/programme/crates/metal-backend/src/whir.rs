//! The WHIR opening proof.

use crate::clock::Clock;
use crate::merkle_tree::merkle_tree;
use crate::trace::Span;

/// What WHIR takes besides its Merkle trees, in percent of what it took at Milestone 8.
pub const WHIR_PERCENT: u64 = 100;

/// The WHIR rounds of one proof.
pub fn whir(clock: &mut Clock) -> Span {
    let mut rounds = Span::phase("prover.openings.whir", clock.about(222_000, WHIR_PERCENT));
    for (tree, rows) in [(48_800, 1_200), (26_500, 500), (14_500, 500)] {
        rounds = rounds
            .with(merkle_tree(clock, tree))
            .with(Span::new("batch_open_rows", clock.about(rows, 100)));
    }
    rounds
}
