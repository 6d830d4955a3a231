//! Proves and verifies many LogUp interactions: `cargo run --release --example logup_large`.

use std::process::ExitCode;

use bundled_prover::size::LogupSize;
use bundled_prover::{logup_large, program};

fn main() -> ExitCode {
    program::run(LogupSize::from_environment(), |size| {
        println!("Row-major CPU backend: BabyBearPoseidon2CpuEngine");
        println!("LOG_ROWS = {}", size.log_rows());
        logup_large::prove_and_verify(size)
    })
}
