//! The reduction of stacked openings to one.

use crate::clock::Clock;
use crate::metal::stacked_reduction::SYNCS_PER_BATCH;
use crate::trace::Span;

/// What the reduction takes, in percent of what it took at Milestone 8.
pub const REDUCTION_PERCENT: u64 = 100;

/// The reduction of one proof.
pub fn stacked_reduction(clock: &mut Clock) -> Span {
    let mut rounds = Span::phase(
        "prover.openings.stacked_reduction.mle_rounds",
        clock.about(52_000, REDUCTION_PERCENT),
    );
    for window in 0..3 {
        rounds = rounds.debug(format!(
            "stacked_reduction_sumcheck_mle_batch | window: {window} | kernel_count: 4 | sync_count: {SYNCS_PER_BATCH}"
        ));
    }
    let round0 = Span::phase(
        "prover.openings.stacked_reduction.round0",
        clock.about(41_000, REDUCTION_PERCENT),
    );
    Span::phase(
        "prover.openings.stacked_reduction",
        clock.about(3_000, REDUCTION_PERCENT),
    )
    .with(round0)
    .with(rounds)
}

#[cfg(test)]
mod tests {
    use p3_field::{multiply, ORDER};

    #[test]
    fn test_stacked_opening_reduction() {
        assert_eq!(multiply(ORDER - 1, ORDER - 1), 1);
    }
}
