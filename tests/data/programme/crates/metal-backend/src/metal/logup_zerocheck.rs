//! Round 0 of zerocheck and LogUp, coset by coset.

use crate::clock::Clock;
use crate::metal::dispatch_stage;
use crate::trace::Span;

/// What round 0 takes, in percent of what it took at Milestone 8.
pub const ROUND0_PERCENT: u64 = 100;
pub const COSETS: u64 = 2;
pub const KERNELS_PER_COSET: u64 = 2;
pub const SYNCS: u64 = 1;

/// Round 0 of a proof in which it takes so many microseconds.
pub fn round0(clock: &mut Clock, microseconds: u64) -> Span {
    let own = clock.about(microseconds, ROUND0_PERCENT);
    let mut span = Span::phase("prover.rap_constraints.round0", own);
    for stage in [
        "zerocheck_ntt_eval_constraints",
        "logup_ntt_eval_interactions",
    ] {
        let cosets = format!("coset_count: {COSETS}");
        span = span.debug(dispatch_stage(
            stage,
            COSETS * KERNELS_PER_COSET,
            SYNCS,
            &cosets,
        ));
    }
    span
}
