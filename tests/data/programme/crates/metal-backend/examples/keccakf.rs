//! Proves one Keccak-f trace.

fn main() {
    openvm_metal_backend::proof::keccakf();
}
