//! Proof of Keccak-f permutations.

use std::sync::Arc;

use openvm_stark_backend::PartitionedBaseAir;
use openvm_stark_sdk::config::app_params_with_100_bits_security;
use p3_air::{Air, AirBuilder, BaseAir, BaseAirWithPublicValues};
use p3_field::Field;
use p3_keccak_air::{KeccakAir, generate_trace_rows};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::proof::{self, ProofError};
use crate::size::KeccakSize;

/// Fixed, so that every run proves the same statement and grinds for the same proof-of-work witnesses.
const INPUT_SEED: u64 = 42;

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
pub fn prove_and_verify(size: KeccakSize) -> Result<(), ProofError> {
    let mut rng = StdRng::seed_from_u64(INPUT_SEED);
    let states: Vec<[u64; 25]> = (0..size.permutations()).map(|_| rng.random()).collect();
    proof::prove_and_verify(
        app_params_with_100_bits_security(size.log_stacked_height()),
        &[Arc::new(TestAir(KeccakAir {}))],
        || vec![generate_trace_rows(states, 0)],
    )
}
