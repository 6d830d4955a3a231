//! A real STARK prover with `tracing` spans, small enough to be a benchmark that ships with the harness.
//!
//! It proves and verifies a Keccak-f AIR (`examples/keccakf.rs`) and AIRs with many LogUp interactions
//! (`examples/logup_large.rs`) with OpenVM's row-major CPU backend, and runs that backend's LogUp interaction test
//! (`tests/interactions.rs`). All print the span tree that OpenVM's own tracing setup prints and, on request, write every
//! closed span with nanosecond precision to a file.
//!
//! * [`environment`]: settings, and the error for those that cannot be used
//! * [`size`]: how large the proofs are
//! * [`keccak`], [`logup_large`]: what is proven
//! * [`proof`]: how it is proven and verified
//! * [`program`]: what the examples have in common
//! * [`tracing_setup`]: the subscriber, and the guard that completes the span file
//! * [`span_log`]: the layer that records closed spans as JSON lines
//! * [`span_fields`]: span fields with the types that they were recorded with
//! * [`spin`]: the layer that makes the spans of one name longer
//! * [`build_facts`]: what the span file's header says about this program

pub mod build_facts;
pub mod environment;
pub mod keccak;
pub mod logup_large;
pub mod program;
pub mod proof;
pub mod size;
pub mod span_fields;
pub mod span_log;
pub mod spin;
pub mod tracing_setup;
