//! Zerocheck and LogUp of one proof: the GKR part, round 0, the MLE rounds.

pub mod batch_mle;
pub mod batch_mle_monomial;

use crate::clock::Clock;
use crate::metal::logup_zerocheck::round0;
use crate::trace::Span;

/// What the parts of a proof take, in microseconds.
pub struct Sizes {
    pub logup_gkr: u64,
    pub round0: u64,
    pub mle_rounds: u64,
    pub own: u64,
}

/// The constraints' part of a proof.
pub fn rap_constraints(clock: &mut Clock, sizes: &Sizes) -> Span {
    let logup_gkr = Span::phase(
        "prover.rap_constraints.logup_gkr",
        clock.about(sizes.logup_gkr, 100),
    );
    let inner = Span::new(
        "prove_zerocheck_and_logup_metal",
        clock.about(sizes.own, 100),
    )
    .with(logup_gkr)
    .with(round0(clock, sizes.round0))
    .with(batch_mle::mle_rounds(clock, sizes.mle_rounds));
    Span::phase("prover.rap_constraints", clock.about(sizes.own, 100)).with(inner)
}
