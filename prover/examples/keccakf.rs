//! Proves and verifies Keccak-f permutations: `cargo run --release --example keccakf`.

use std::process::ExitCode;

use bundled_prover::size::KeccakSize;
use bundled_prover::{keccak, program};

fn main() -> ExitCode {
    program::run(KeccakSize::from_environment(), |size| {
        println!("Row-major CPU backend: BabyBearPoseidon2CpuEngine");
        println!("NUM_PERMUTATIONS = {}", size.permutations());
        println!("LOG_STACKED_HEIGHT = {}", size.log_stacked_height());
        keccak::prove_and_verify(size)
    })
}
