//! A prime field under the name of a dependency whose version is pinned.

/// 2^31 - 2^27 + 1.
pub const ORDER: u64 = 0x7800_0001;

/// The product of two elements.
pub fn multiply(a: u64, b: u64) -> u64 {
    (a % ORDER) * (b % ORDER) % ORDER
}
