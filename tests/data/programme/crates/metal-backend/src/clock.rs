//! Stated times, a little longer or shorter each, as taken ones are.

use std::time::{SystemTime, UNIX_EPOCH};

/// Gives out times. All of one process are longer or shorter together by up to 4 in a thousand, and each by 1 more.
pub struct Clock {
    state: u64,
    process_permille: u64,
}

impl Clock {
    /// A clock that goes differently in each process.
    pub fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanoseconds = since.map_or(0, |time| u64::from(time.subsec_nanos()));
        let mut clock = Self {
            state: nanoseconds.wrapping_mul(1_000_003),
            process_permille: 0,
        };
        clock.process_permille = clock.between(996, 1004);
        clock
    }

    /// About so many percent of so many microseconds, in nanoseconds.
    pub fn about(&mut self, microseconds: u64, percent: u64) -> u64 {
        microseconds * percent * self.process_permille * self.between(999, 1001) / 100_000
    }

    /// splitmix64.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        low + (mixed ^ (mixed >> 27)) % (high - low + 1)
    }
}
