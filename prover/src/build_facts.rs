//! Facts about this program that decide whether two span files may be compared.

use std::env;
use std::thread;

/// The crates whose code the spans time or that time the spans. Exact, because `Cargo.toml` pins them; a test holds this
/// list against `Cargo.lock`.
pub const CRATES: [(&str, &str); 8] = [
    ("openvm-stark-sdk", "2.0.1"),
    ("openvm-cpu-backend", "2.0.1"),
    ("openvm-stark-backend", "2.0.1"),
    ("openvm-backend-tests", "2.0.1"),
    ("p3-keccak-air", "0.4.3"),
    ("p3-baby-bear", "0.4.3"),
    ("p3-dft", "0.4.3"),
    ("tracing-forest", "0.1.6"),
];

/// How many threads rayon's global pool has, or will have.
///
/// Asking rayon itself would start the pool. Left alone, the pool starts inside the first span that needs it; a run that
/// records spans must not differ from one that does not, so rayon's own rule is applied here instead.
pub fn worker_threads() -> usize {
    let requested = |name| env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let available = || thread::available_parallelism().map_or(1, usize::from);
    match requested("RAYON_NUM_THREADS") {
        Some(0) => available(),
        Some(count) => count,
        None => requested("RAYON_RS_NUM_CPUS")
            .filter(|count| *count > 0)
            .unwrap_or_else(available),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_agree_with_the_lock_file() {
        let lock = include_str!("../Cargo.lock");
        for (name, version) in CRATES {
            let entry = format!("[[package]]\nname = \"{name}\"\n");
            let versions: Vec<&str> = lock
                .split(&entry)
                .skip(1)
                .filter_map(|rest| rest.lines().next())
                .collect();
            assert_eq!(versions, [format!("version = \"{version}\"")], "{name}");
        }
    }

    #[test]
    fn worker_threads_agree_with_rayon() {
        assert_eq!(worker_threads(), rayon::current_num_threads());
    }
}
