"""Which environment variables change what a prover does, and nothing else of the environment. Pure."""

from collections.abc import Mapping

RELEVANT_NAMES = frozenset(
    {
        "RUST_LOG",
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",  # overrides the profile, and with it the number of codegen units
        "RUSTUP_TOOLCHAIN",
        "RAYON_NUM_THREADS",
        "OMP_NUM_THREADS",
        "NUM_TASKS",
        "NUM_THREADS",
        "JEMALLOC_SYS_WITH_MALLOC_CONF",
        "MALLOC_CONF",
        "_RJEM_MALLOC_CONF",  # the name that a jemalloc built with a prefix reads: the Rust crates' default
        "CUDA_ARCH",
        "CUDA_VISIBLE_DEVICES",
    }
)
RELEVANT_PREFIXES = ("CARGO_BUILD_", "CARGO_PROFILE_", "VPMM_", "SWIRL_", "MTL_", "METAL_", "PROVER_")

_WITHOUT_EFFECT = frozenset({"PROVER_SPANS", "OUTPUT_PATH", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_JOBS"})
"""Where results go and how the build is spread: they differ from run to run and change no result."""

_PRIVATE_WORDS = frozenset(
    {"KEY", "KEYS", "TOKEN", "SECRET", "PASSWORD", "PASSPHRASE", "AUTH", "CREDENTIAL", "CREDENTIALS", "MNEMONIC"}
    | {"URL", "URI", "RPC", "ENDPOINT"}  # addresses carry user names and keys
)


def relevant_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The variables of `env` that change results, sorted by name.

    Recordings are published, so only known names and prefixes are kept, and under a prefix nothing that is named like
    a secret (METAL_AUTH_TOKEN is a cloud's, PROVER_PRIVATE_KEY a network's).
    """
    return {name: env[name] for name in sorted(env) if _is_relevant(name)}


def _is_relevant(name: str) -> bool:
    if name in RELEVANT_NAMES:
        return True
    if name in _WITHOUT_EFFECT or _PRIVATE_WORDS & set(name.upper().split("_")):
        return False
    # One target's RUSTFLAGS count like everybody's: CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS.
    return name.startswith(RELEVANT_PREFIXES) or (name.startswith("CARGO_TARGET_") and name.endswith("_RUSTFLAGS"))
