//! The two benchmarks.

use crate::base::{self, QUEUE_PERCENT};
use crate::clock::Clock;
use crate::data_transporter::transport;
use crate::logup_zerocheck::{rap_constraints, Sizes};
use crate::stacked_pcs::stacked_commit;
use crate::stacked_reduction::stacked_reduction;
use crate::trace::{self, Span};
use crate::whir::whir;

const KECCAKF: Sizes = Sizes {
    logup_gkr: 1_540,
    round0: 949_000,
    mle_rounds: 178_000,
    own: 700,
};
const LOGUP: Sizes = Sizes {
    logup_gkr: 8_740,
    round0: 3_030,
    mle_rounds: 3_250,
    own: 90,
};
const AIR: &str = "DummyInteractionAir  | Constraint Deg = 1  | Prep Cols = 0  | Main Cols = [2]      |    0 Constraints |   1 Interactions";

/// The Keccak-f proof: a trace of 2^15 rows, of which every span of the contract is shown.
pub fn keccakf() {
    let mut clock = Clock::start();
    trace::info("TestAir              | Constraint Deg = 3  | Prep Cols = 0  | Main Cols = [2633]   | 3182 Constraints |   0 Interactions");
    trace::info("total_trace_cells = 86_278_144 (excluding preprocessed)");
    Span::new("generate_trace", clock.about(224_000, 100)).print();
    transport();
    let commit = stacked_commit(&mut clock, 184_000, 655_000, 49_000)
        .info("stacked_matrix_dimensions | height: 2097152 | width: 42");
    let openings = Span::phase("prover.openings", clock.about(900, 100))
        .with(stacked_reduction(&mut clock))
        .with(whir(&mut clock));
    let commit = Span::phase("prover.main_trace_commit", clock.about(3_000, 100)).with(commit);
    Span::phase("stark_prove_excluding_trace", clock.about(6_000, 100))
        .info(" | num_airs_present: 1")
        .with(commit)
        .with(rap_constraints(&mut clock, &KECCAKF))
        .with(openings)
        .scaled(QUEUE_PERCENT)
        .print();
    write_metrics();
}

/// The LogUp test: no whole proof, so a root for each of its two parts.
pub fn batch_constraints_with_interactions() {
    let mut clock = Clock::start();
    for _ in 0..2 {
        trace::info(AIR);
    }
    let commit = stacked_commit(&mut clock, 150, 4_380, 620);
    let constraints = rap_constraints(&mut clock, &LOGUP);
    for root in [commit, constraints] {
        root.scaled(QUEUE_PERCENT).print();
    }
}

fn write_metrics() {
    if let Some(path) = std::env::var_os("METRIC_OUTPUT") {
        std::fs::write(path, base::metrics_json()).expect("the metrics file can be written");
    }
}
