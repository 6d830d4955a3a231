import os
import shutil
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.targets.cache import build_cache, build_key, caches_of_gone_checkouts, mark_used


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "checkout").mkdir()
    return tmp_path / "checkout"


def test_checkouts_of_one_name_have_caches_of_their_own(tmp_path: Path, base: Path):
    roots = [build_cache(tmp_path / place / "prover").root for place in ("a", "b")]
    assert len(set(roots)) == 2
    assert [root.parent for root in roots] == [base, base]
    assert all(root.name.startswith("prover-") for root in roots)


def test_a_path_that_is_no_utf_8_has_a_cache(tmp_path: Path):
    place = tmp_path / os.fsdecode(b"caf\xe9")
    place.mkdir()
    cache = build_cache(place)
    cache.note_origin(place)
    assert caches_of_gone_checkouts() == ()
    place.rmdir()
    assert caches_of_gone_checkouts() == (cache,)
    assert build_key(str(place))


def test_a_cache_is_known_to_be_of_a_checkout_that_is_gone(checkout: Path):
    cache = build_cache(checkout)
    for _ in range(2):
        cache.note_origin(checkout)
    assert caches_of_gone_checkouts() == ()
    checkout.rmdir()
    assert caches_of_gone_checkouts() == (cache,)


@pytest.mark.parametrize("said", [b"", b"/nowhere/else", b"relative", b"/a\0b", b"/" + b"x" * 100_000])
def test_a_folder_that_does_not_say_its_own_checkout_is_not_taken_for_a_cache(base: Path, checkout: Path, said: bytes):
    cache = build_cache(checkout)
    cache.note_origin(checkout)
    checkout.rmdir()
    (cache.root / "origin").write_bytes(said)
    (base / "photos").mkdir()
    (base / "photos/origin").write_text("/nowhere")
    (base / "file").write_text("x")
    assert caches_of_gone_checkouts() == ()


def test_a_link_is_no_cache_of_a_checkout_that_is_gone(checkout: Path, tmp_path: Path):
    cache = build_cache(checkout)
    cache.note_origin(checkout)
    checkout.rmdir()
    cache.root.rename(tmp_path / "elsewhere")
    cache.root.symlink_to(tmp_path / "elsewhere")
    assert caches_of_gone_checkouts() == ()


def test_without_a_cache_there_are_none(base: Path):
    assert not base.exists()
    assert caches_of_gone_checkouts() == ()


def test_a_cache_that_cannot_be_written_is_an_error_with_a_way_out(base: Path, checkout: Path):
    base.write_text("a file")
    with pytest.raises(StoreError, match=r"build cache .* cannot be written: .*HARNESS_CACHE"):
        build_cache(checkout).note_origin(checkout)


def test_use_is_seen_in_a_folders_time(checkout: Path):
    os.utime(checkout, (1, 1))
    mark_used(checkout)
    assert checkout.stat().st_mtime > 1
    shutil.rmtree(checkout)
    mark_used(checkout)
    assert not checkout.exists()
