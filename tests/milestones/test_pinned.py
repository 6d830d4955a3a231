import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DocumentError
from harness.milestones.findings import Severity
from harness.milestones.pinned import pinned_changes, pinned_requirements, pinned_versions

REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"
FORK = "git+https://example.org/plonky3?branch=fast#0123456789abcdef"


def lock(*packages: tuple[str, str] | tuple[str, str, str]) -> str:
    tables = ['version = 4\n\n[[package]]\nname = "openvm"\nversion = "0.1.0"\n']
    for name, version, *source in packages:
        origin = source[0] if source else REGISTRY
        tables.append(
            f'[[package]]\nname = "{name}"\nversion = "{version}"\n' + (f'source = "{origin}"\n' if origin else "")
        )
    return "\n".join(tables)


def told(before, after) -> list[str]:
    return [f"{one.severity.value}: {one.what}" for one in pinned_changes(before, after, ["p3-"])]


def in_lock(before: str | None, after: str | None) -> list[str]:
    return told({"Cargo.lock": before}, {"Cargo.lock": after})


def in_manifest(before: str | None, after: str | None, **others: str | None) -> list[str]:
    return told({"Cargo.toml": before} | others, {"Cargo.toml": after})


def test_a_lock_says_every_version_of_the_pinned_and_its_source_where_it_is_not_crates_io():
    text = lock(
        ("p3-air", "0.4.1"),
        ("p3-air", "0.3.0"),
        ("p3-dft", "0.4.1", FORK),
        ("p3-field", "0.4.1", ""),
        ("p3-util", "0.4.1", "sparse+https://index.crates.io/"),
        ("serde", "1.0.0"),
    )
    assert pinned_versions(text, ["p3-"]) == {
        "p3-air": ("0.3.0", "0.4.1"),
        "p3-dft": (f"0.4.1 from {FORK}",),
        "p3-field": ("0.4.1 from a path",),
        "p3-util": ("0.4.1",),
    }
    assert pinned_versions(text, []) == {}


def test_a_manifest_says_what_it_requires_in_every_table():
    text = """
        [package]
        name = "p3-like"
        [dependencies]
        p3-air = "= 0.4.1"
        serde = "1"
        p3-field.workspace = true
        p3-fri = { workspace = true, features = ["x"] }
        [dev-dependencies]
        p3-dft = { version = "0.4", features = ["x"] }
        [build-dependencies]
        p3-util = {}
        [workspace.dependencies]
        field = { package = "p3-field", version = "=0.4.1", default-features = false }
        [target.'cfg(unix)'.dependencies]
        p3-air = { git = "https://example.org/p3", rev = "abc" }
        [target.x86_64-unknown-linux-gnu.dev-dependencies]
        p3-dft = { path = "../dft", registry = "mine" }
        [patch.crates-io]
        p3-air = { path = "../air" }
        [replace]
        "https://example.org/index#p3-air:0.4.1" = { git = "https://example.org/p3" }
    """
    assert pinned_requirements(text, ["p3-"]) == {
        "p3-air": (
            "=0.4.1",
            "git https://example.org/p3 rev abc",
            "patched with git https://example.org/p3",
            "patched with path ../air",
        ),
        "p3-dft": ("0.4", "registry mine path ../dft"),
        "p3-field": ("=0.4.1",),
    }


def test_another_package_under_a_pinned_name_is_said():
    text = '[dependencies]\np3-air = { package = "fast-air", version = "1" }\n'
    assert pinned_requirements(text, ["p3-"]) == {"p3-air": ("fast-air 1",)}


@pytest.mark.parametrize(
    "text", ["[dependencies", "a = 1\na = 2", "x = " + "[" * 20_000, "n = " + "9" * 5_000, "\0", "d = 2026-13-01"]
)
def test_what_is_no_toml_is_an_error_of_one_line(text: str):
    for read in (pinned_versions, pinned_requirements):
        with pytest.raises(DocumentError, match=r"\AIt is no TOML \(.*\)\. Mend it\.\Z"):
            read(text, ["p3-"])


@pytest.mark.parametrize(
    "text",
    [
        "package = 1",
        "package = [1, [], {}]",
        "[[package]]\nname = 3",
        "dependencies = 3\nworkspace = []\npatch = 1\ntarget = {a = 1}\nreplace = []",
        "[dependencies]\np3-air = 3\n[patch]\ncrates-io = 1\n[target.x]\ndependencies = 1",
    ],
)
def test_toml_of_another_form_says_nothing(text: str):
    assert pinned_versions(text, ["p3-"]) == {}
    assert pinned_requirements(text, ["p3-"]) == {}


def test_a_byte_order_mark_is_no_error():
    assert pinned_versions("\ufeff" + lock(("p3-air", "1.0.0")), ["p3-"]) == {"p3-air": ("1.0.0",)}


def test_a_version_that_changed_in_the_lock_fails():
    assert in_lock(lock(("p3-air", "0.4.1"), ("serde", "1.0.0")), lock(("p3-air", "0.5.0"), ("serde", "2.0.0"))) == [
        "fails: p3-air 0.4.1 → 0.5.0 in Cargo.lock."
    ]


def test_the_same_version_from_elsewhere_fails():
    assert in_lock(lock(("p3-air", "0.4.1")), lock(("p3-air", "0.4.1", FORK))) == [
        f"fails: p3-air 0.4.1 → 0.4.1 from {FORK} in Cargo.lock."
    ]


def test_a_second_version_beside_the_first_fails():
    assert in_lock(lock(("p3-air", "0.4.1")), lock(("p3-air", "0.4.1"), ("p3-air", "0.5.0"))) == [
        "fails: p3-air 0.4.1 → 0.4.1, 0.5.0 in Cargo.lock."
    ]


def test_one_that_is_used_no_longer_or_for_the_first_time_at_the_pinned_version_is_no_change():
    one, two = lock(("p3-air", "0.4.1")), lock(("p3-air", "0.4.1"), ("p3-dft", "0.4.1"))
    assert in_lock(one, two) == []
    assert in_lock(two, one) == []
    assert in_lock(one, lock(("p3-air", "0.4.1"), ("p3-dft", "0.4.2"))) == [
        "fails: p3-dft nothing → 0.4.2 in Cargo.lock."
    ]


def test_one_may_not_take_the_version_of_another():
    before = lock(("p3-air", "0.4.1"), ("p3-dft", "0.5.0"))
    assert in_lock(before, lock(("p3-air", "0.5.0"), ("p3-dft", "0.5.0"))) == [
        "fails: p3-air 0.4.1 → 0.5.0 in Cargo.lock."
    ]


def test_a_lock_that_is_gone_fails_where_it_pinned_something():
    assert in_lock(lock(("p3-air", "0.4.1"), ("p3-dft", "0.4.1")), None) == [
        "fails: Cargo.lock is gone, which held p3-air at 0.4.1 and 1 more."
    ]
    assert in_lock(lock(("p3-air", "0.4.1")), None) == ["fails: Cargo.lock is gone, which held p3-air at 0.4.1."]
    assert in_lock(lock(("serde", "1.0.0")), None) == []


def test_a_requirement_that_changed_fails_looser_ones_too():
    before = '[dependencies]\np3-air = "=0.4.1"\n'
    for version in ("=0.5.0", "0.4.1", "*"):
        assert in_manifest(before, before.replace("=0.4.1", version), **{"Cargo.lock": lock(("p3-air", "0.4.1"))}) == [
            f"fails: p3-air =0.4.1 → {version} in Cargo.toml."
        ]


def test_a_requirement_in_one_more_place_is_no_change_while_it_is_the_same():
    root = '[workspace.dependencies]\np3-air = "=0.4.1"\n'
    crates = {
        "a/Cargo.toml": '[dependencies]\np3-air = { version = "=0.4.1", features = ["x"] }\n',
        "b/Cargo.toml": None,
    }
    taken_over = "[dependencies]\np3-air.workspace = true\n"
    assert (
        told(crates | {"Cargo.toml": root}, {"a/Cargo.toml": taken_over, "b/Cargo.toml": crates["a/Cargo.toml"]}) == []
    )
    assert told({"Cargo.lock": lock(("p3-air", "0.4.1"))}, {"a/Cargo.toml": crates["a/Cargo.toml"]}) == []
    assert told({"Cargo.toml": root}, {"a/Cargo.toml": '[dependencies]\np3-air = "=0.5.0"\n'}) == [
        "fails: p3-air nothing → =0.5.0 in a/Cargo.toml."
    ]


def test_a_patch_fails_when_it_comes_and_when_it_goes():
    plain = '[dependencies]\np3-air = "=0.4.1"\n'
    patched = plain + '[patch.crates-io]\np3-air = { path = "../air" }\n'
    assert in_manifest(plain, patched) == ["fails: p3-air =0.4.1 → =0.4.1, patched with path ../air in Cargo.toml."]
    assert in_manifest(patched, plain) == ["fails: p3-air =0.4.1, patched with path ../air → =0.4.1 in Cargo.toml."]
    assert in_manifest(patched, None) == ["fails: p3-air =0.4.1, patched with path ../air → nothing in Cargo.toml."]


@pytest.mark.parametrize(("before", "after"), [("p3-air = [", ""), ("", "p3-air = ["), ("p3-air = [", "p3-air = [")])
def test_files_that_are_no_toml_leave_it_open(before: str, after: str):
    for path in ("Cargo.toml", "Cargo.lock"):
        [finding] = pinned_changes({path: before}, {path: after}, ["p3-"])
        assert finding.severity is Severity.UNCLEAR
        assert f"{path} changed a pinned version cannot be told: It is no TOML" in finding.what


def test_no_toml_that_names_nothing_pinned_does_not_matter():
    assert in_manifest("[", "[[") == []


@given(st.lists(st.tuples(st.sampled_from(["p3-a", "p3-b", "p3-c"]), st.sampled_from(["1.0.0", "1.0.1"]))))
def test_a_lock_is_no_change_of_itself_nor_of_any_of_its_parts(packages: list[tuple[str, str]]):
    assert in_lock(lock(*packages), lock(*packages)) == []
    assert in_lock(lock(*packages), lock(*packages[::2])) == []


@given(st.text())
def test_no_text_is_too_odd(text: str):
    pinned_changes({"Cargo.lock": text}, {"Cargo.lock": text, "Cargo.toml": text}, ["p3-"])
