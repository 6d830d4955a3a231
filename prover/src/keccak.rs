//! Proof of Keccak-f permutations over BabyBear, made and verified with OpenVM's row-major CPU backend.

use std::sync::Arc;

use openvm_stark_backend::prover::{AirProvingContext, DeviceDataTransporter, ProvingContext};
use openvm_stark_backend::{PartitionedBaseAir, StarkEngine};
use openvm_stark_sdk::config::app_params_with_100_bits_security;
use openvm_stark_sdk::config::baby_bear_poseidon2::{BabyBearPoseidon2CpuEngine, F};
use p3_air::{Air, AirBuilder, BaseAir, BaseAirWithPublicValues};
use p3_field::Field;
use p3_keccak_air::{KeccakAir, generate_trace_rows};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use thiserror::Error;
use tracing::info_span;

use crate::size::KeccakSize;

/// Fixed, so that every run proves the same statement and grinds for the same proof-of-work witnesses.
const INPUT_SEED: u64 = 42;

/// Why there is no verified proof.
#[derive(Debug, Error)]
pub enum KeccakError {
    /// The prover gave up.
    #[error("proving failed: {0}")]
    Prove(String),
    /// The proof exists and is wrong.
    #[error("verification failed: {0}")]
    Verify(String),
}

/// Gives the Keccak-f AIR the traits that the backend asks for. Key generation prints a type's name with the size of its
/// AIR, and readers recognise the workload by that line: the name is the one that OpenVM's own example prints.
struct TestAir(KeccakAir);

impl<T> BaseAir<T> for TestAir {
    fn width(&self) -> usize {
        BaseAir::<T>::width(&self.0)
    }
}

impl<T: Field> BaseAirWithPublicValues<T> for TestAir {}
impl<T: Field> PartitionedBaseAir<T> for TestAir {}

impl<AB: AirBuilder> Air<AB> for TestAir {
    fn eval(&self, builder: &mut AB) {
        self.0.eval(builder);
    }
}

/// Proves `size.permutations()` permutations of pseudo-random states and verifies the proof.
pub fn prove_and_verify(size: KeccakSize) -> Result<(), KeccakError> {
    let params = app_params_with_100_bits_security(size.log_stacked_height());
    let engine: BabyBearPoseidon2CpuEngine = StarkEngine::new(params);
    let (proving_key, verifying_key) = engine.keygen(&[Arc::new(TestAir(KeccakAir {}))]);

    let mut rng = StdRng::seed_from_u64(INPUT_SEED);
    let states: Vec<[u64; 25]> = (0..size.permutations()).map(|_| rng.random()).collect();
    let trace = info_span!("generate_trace").in_scope(|| generate_trace_rows::<F>(states, 0));

    let device_key = engine.device().transport_pk_to_device(&proving_key);
    let context = ProvingContext::new(vec![(0, AirProvingContext::simple_no_pis(trace))]);
    let proof = engine
        .prove(&device_key, context)
        .map_err(|error| KeccakError::Prove(error.to_string()))?;
    engine
        .verify(&verifying_key, &proof)
        .map_err(|error| KeccakError::Verify(error.to_string()))
}
