//! Proves and verifies Keccak-f permutations: `cargo run --release --example keccakf`.

use std::process::ExitCode;

use bundled_prover::keccak;
use bundled_prover::size::KeccakSize;
use bundled_prover::tracing_setup;

const FAILED: u8 = 1;
const BAD_SIZE: u8 = 2;

fn main() -> ExitCode {
    let size = match KeccakSize::from_environment() {
        Ok(size) => size,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(BAD_SIZE);
        }
    };
    let guard = tracing_setup::setup();

    println!("Row-major CPU backend: BabyBearPoseidon2CpuEngine");
    println!("NUM_PERMUTATIONS = {}", size.permutations());
    println!("LOG_STACKED_HEIGHT = {}", size.log_stacked_height());
    let proved = keccak::prove_and_verify(size).map_err(|error| error.to_string());
    let written = guard.finish().map_err(|error| error.to_string());

    let mut code = ExitCode::SUCCESS;
    for error in [proved.err(), written.err()].into_iter().flatten() {
        eprintln!("error: {error}");
        code = ExitCode::from(FAILED);
    }
    code
}
