//! What the bundled prover's span record says of its program, here of this one.

pub const CRATES: [(&str, &str); 1] = [("oracle", "0.1.0")];

pub fn worker_threads() -> usize {
    1
}
