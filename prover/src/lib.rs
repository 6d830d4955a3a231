//! A real STARK prover with `tracing` spans, small enough to be a benchmark that ships with the harness.
//!
//! It proves and verifies a Keccak-f AIR with OpenVM's row-major CPU backend (`examples/keccakf.rs`) and runs that
//! backend's LogUp interaction test (`tests/interactions.rs`). Both print the span tree that OpenVM's own tracing setup
//! prints and, on request, write every closed span with nanosecond precision to a file.
//!
//! * [`size`]: how large the Keccak-f proof is, read from the environment
//! * [`keccak`]: the proof itself
//! * [`tracing_setup`]: the subscriber, and the guard that completes the span file
//! * [`span_log`]: the layer that records closed spans as JSON lines
//! * [`span_fields`]: span fields with the types that they were recorded with
//! * [`build_facts`]: what the span file's header says about this program

pub mod build_facts;
pub mod keccak;
pub mod size;
pub mod span_fields;
pub mod span_log;
pub mod tracing_setup;
