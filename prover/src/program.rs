//! What the examples have in common: from the environment to the exit code.

use std::process::ExitCode;

use crate::environment::VariableError;
use crate::proof::ProofError;
use crate::tracing_setup;

const FAILED: u8 = 1;
const BAD_VARIABLE: u8 = 2;

/// Proves with tracing set up. The exit code is 0 after a verified proof, 1 when the proof or the span file failed, 2 when a
/// variable's value is not accepted.
pub fn run<S>(size: Result<S, VariableError>, prove: impl FnOnce(S) -> Result<(), ProofError>) -> ExitCode {
    let (size, guard) = match size.and_then(|size| Ok((size, tracing_setup::setup()?))) {
        Ok(ready) => ready,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(BAD_VARIABLE);
        }
    };
    let proved = prove(size).map_err(|error| error.to_string());
    let written = guard.finish().map_err(|error| error.to_string());

    let mut code = ExitCode::SUCCESS;
    for error in [proved.err(), written.err()].into_iter().flatten() {
        eprintln!("error: {error}");
        code = ExitCode::from(FAILED);
    }
    code
}
