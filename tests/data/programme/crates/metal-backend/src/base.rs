//! The device that every phase works on.

/// What every phase takes, in percent of what it takes with a queue of its own.
pub const QUEUE_PERCENT: u64 = 100;

/// Buffers that one proof asks the pool for.
pub const CHECKOUTS: u64 = 120;

/// The pool's counts of one proof, as OpenVM's metrics file has them.
pub fn metrics_json() -> String {
    let counts = openvm_metal_common::d_buffer::pool_counts(CHECKOUTS);
    let named = [
        ("reuse", counts.reuse),
        ("miss", counts.miss),
        ("return", counts.returned),
        ("drop", counts.dropped),
    ];
    let entries = named.map(|(name, value)| {
        format!(r#"{{"labels":[],"metric":"metal.buffer_pool.{name}","value":"{value}"}}"#)
    });
    format!(r#"{{"counter":[{}],"gauge":[]}}"#, entries.join(",")) + "\n"
}
