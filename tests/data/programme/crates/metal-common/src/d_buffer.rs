//! Device buffers, and the pool they come from.

/// Of a hundred buffers asked for, how many the pool has.
pub const POOL_REUSE_PERCENT: u64 = 40;

/// What a pool did during one proof.
pub struct PoolCounts {
    pub reuse: u64,
    pub miss: u64,
    pub returned: u64,
    pub dropped: u64,
}

/// The counts of a pool that was asked for `checkouts` buffers.
pub fn pool_counts(checkouts: u64) -> PoolCounts {
    let reuse = checkouts * POOL_REUSE_PERCENT / 100;
    PoolCounts {
        reuse,
        miss: checkouts - reuse,
        returned: checkouts,
        dropped: 0,
    }
}
