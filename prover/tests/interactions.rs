//! LogUp interactions of two AIRs, up to and with the batched constraint check, on the row-major CPU backend.

use bundled_prover::tracing_setup;
use openvm_backend_tests::batch_constraints_with_interactions;
use openvm_stark_sdk::config::baby_bear_poseidon2::{BabyBearPoseidon2CpuEngine, DuplexSponge};

#[test]
fn test_batch_constraints_with_interactions() {
    // The test body sets up tracing at DEBUG; that attempt fails silently because this one came first, so the test prints
    // at the same level as the example.
    let guard = tracing_setup::setup().unwrap_or_else(|error| panic!("{error}"));
    batch_constraints_with_interactions::<BabyBearPoseidon2CpuEngine<DuplexSponge>>().expect("the proof verifies");
    guard.finish().expect("the span file is whole");
}
