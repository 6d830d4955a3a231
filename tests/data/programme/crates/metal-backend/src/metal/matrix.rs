//! Matrices on the device.

/// Dispatches that a trace's transpose takes on its way to the device.
pub const TRANSPOSE_DISPATCHES: u64 = 2;

/// Whether a matrix reads the same by rows and by columns.
pub fn is_its_own_transpose(height: usize, width: usize) -> bool {
    height <= 1 || width <= 1
}

#[cfg(test)]
mod tests {
    use super::is_its_own_transpose;

    #[test]
    fn transpose_layout_identity_only_for_degenerate_shapes() {
        let shapes = [(1, 5), (5, 1), (2, 3), (4, 4)];
        let same = shapes.map(|(height, width)| is_its_own_transpose(height, width));

        assert_eq!(same, [true, true, false, false]);
    }
}
