//! A stand-in for a prover: it proves nothing, and prints the span trees of a prover whose parts take the times that
//! constants in its source state. One constant changed is one part made faster.

pub mod base;
pub mod clock;
pub mod data_transporter;
pub mod logup_zerocheck;
pub mod merkle_tree;
pub mod metal;
pub mod proof;
pub mod stacked_pcs;
pub mod stacked_reduction;
pub mod trace;
pub mod whir;

/// Nobody calls it: every build warns once.
fn stride_of(rows: usize) -> usize {
    rows.next_power_of_two()
}

#[cfg(test)]
mod tests {
    #[test]
    fn test_batch_constraints_with_interactions() {
        crate::proof::batch_constraints_with_interactions();
    }
}
