//! One proof, made and verified with OpenVM's row-major CPU backend over BabyBear.

use openvm_stark_backend::p3_matrix::dense::RowMajorMatrix;
use openvm_stark_backend::prover::{AirProvingContext, DeviceDataTransporter, ProvingContext};
use openvm_stark_backend::{AirRef, StarkEngine, SystemParams};
use openvm_stark_sdk::config::baby_bear_poseidon2::{BabyBearPoseidon2Config, BabyBearPoseidon2CpuEngine, F};
use thiserror::Error;
use tracing::info_span;

/// Why there is no verified proof.
#[derive(Debug, Error)]
pub enum ProofError {
    /// The prover gave up.
    #[error("proving failed: {0}")]
    Prove(String),
    /// The proof exists and is wrong.
    #[error("verification failed: {0}")]
    Verify(String),
}

/// Proves that `airs` hold on the traces that `generate_traces` makes, one for each AIR in its order, and verifies the proof.
pub(crate) fn prove_and_verify(
    params: SystemParams,
    airs: &[AirRef<BabyBearPoseidon2Config>],
    generate_traces: impl FnOnce() -> Vec<RowMajorMatrix<F>>,
) -> Result<(), ProofError> {
    let engine: BabyBearPoseidon2CpuEngine = StarkEngine::new(params);
    let (proving_key, verifying_key) = engine.keygen(airs);

    let traces = info_span!("generate_trace").in_scope(generate_traces);
    let device_key = engine.device().transport_pk_to_device(&proving_key);
    let contexts = traces.into_iter().map(AirProvingContext::simple_no_pis);
    let proof = engine
        .prove(&device_key, ProvingContext::new(contexts.enumerate().collect()))
        .map_err(|error| ProofError::Prove(error.to_string()))?;
    engine
        .verify(&verifying_key, &proof)
        .map_err(|error| ProofError::Verify(error.to_string()))
}
