//! The MLE rounds, batched.

use super::batch_mle_monomial::MONOMIAL_TRACES;
use crate::clock::Clock;
use crate::metal::dispatch_stage;
use crate::trace::Span;

/// What the MLE rounds take, in percent of what they took at Milestone 8.
pub const MLE_ROUNDS_PERCENT: u64 = 100;
/// Traces that take the MLE path; with none of them nothing can fall back.
pub const MLE_TRACES: u64 = 0;
/// Of these, how many are evaluated one by one.
pub const FALLBACKS: u64 = 0;

/// Rounds of a proof in which they take so many microseconds together.
pub fn mle_rounds(clock: &mut Clock, microseconds: u64) -> Span {
    let own = clock.about(microseconds / 4, MLE_ROUNDS_PERCENT);
    let mut rounds = Span::phase("prover.rap_constraints.mle_rounds", own);
    for (round, share) in [(1, 4), (2, 8), (3, 8)] {
        let part = clock.about(microseconds * 3 / 2 / share, MLE_ROUNDS_PERCENT);
        let evaluation = Span::new("LogupZerocheck::sumcheck_polys_batch_eval", part);
        let num_x = format!("num_x: {}", 1 << (4 - round));
        rounds = rounds
            .with(evaluation.fields(&format!("round: {round}")))
            .debug(dispatch_stage("mle_interpolate_stage_batch", 1, 1, &num_x));
    }
    rounds.info(batch_metrics())
}

fn batch_metrics() -> String {
    let traces = MONOMIAL_TRACES + MLE_TRACES;
    let batched = MLE_TRACES.saturating_sub(FALLBACKS);
    format!(
        "logup_batch_metrics | total_logup_traces: {traces} | monomial_trace_count: {MONOMIAL_TRACES} \
         | monomial_block_count: 2 | mle_trace_count: {MLE_TRACES} | mle_batch_count: {batched} \
         | fallback_count: {FALLBACKS} | memory_limit_raises: 0 | max_batch_memory: 65536 \
         | initial_memory_limit_bytes: 1073741824 | effective_memory_limit_bytes: 1073741824"
    )
}
