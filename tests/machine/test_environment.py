import pytest

from harness.machine.environment import relevant_environment


@pytest.mark.parametrize(
    "name",
    [
        "RUST_LOG",
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "RAYON_NUM_THREADS",
        "RUSTUP_TOOLCHAIN",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_PROFILE_RELEASE_LTO",
        "CARGO_TARGET_AARCH64_APPLE_DARWIN_RUSTFLAGS",
        "JEMALLOC_SYS_WITH_MALLOC_CONF",
        "_RJEM_MALLOC_CONF",
        "VPMM_PAGE_SIZE",
        "CUDA_VISIBLE_DEVICES",
        "NUM_TASKS",
        "SWIRL_BENCH_N",
        "MTL_DEBUG_LAYER",
        "METAL_DEVICE_WRAPPER_TYPE",
        "PROVER_KECCAK_PERMUTATIONS",
    ],
)
def test_what_changes_results_is_kept_as_it_is(name):
    assert relevant_environment({name: " as it is "}) == {name: " as it is "}


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOME",
        "PROVER_SPANS",
        "OUTPUT_PATH",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_BUILD_JOBS",
        "CARGO_TARGET_DIR",
        "MY_RUST_LOG",
        "rust_log",
        "PROVER",
    ],
)
def test_what_changes_nothing_is_left_out(name):
    assert relevant_environment({name: "1"}) == {}


@pytest.mark.parametrize(
    "name",
    [
        "CARGO_REGISTRY_TOKEN",
        "GITHUB_TOKEN",
        "METAL_AUTH_TOKEN",
        "PROVER_PRIVATE_KEY",
        "PROVER_API_KEY",
        "PROVER_network_secret",
        "PROVER_RPC_URL",
        "SWIRL_DB_PASSWORD",
    ],
)
def test_secrets_are_left_out_even_under_a_known_prefix(name):
    assert relevant_environment({name: "hunter2"}) == {}


def test_names_are_sorted_whatever_the_order_of_the_environment():
    env = {"VPMM_PAGES": "2", "RUST_LOG": "info", "CUDA_ARCH": "90"}

    assert list(relevant_environment(env)) == ["CUDA_ARCH", "RUST_LOG", "VPMM_PAGES"]
