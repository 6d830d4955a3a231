"""Dependencies whose versions a programme pins: what Cargo's files say of them, and what was changed in that."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from harness.errors import DocumentError
from harness.milestones.findings import Finding, fails, unclear

_CRATES_IO = {"registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"}
_TABLES = ("dependencies", "dev-dependencies", "dev_dependencies", "build-dependencies", "build_dependencies")
_ORIGIN = ("registry", "git", "branch", "tag", "rev", "path")
_PATCHED = "patched with "

Said = dict[str, tuple[str, ...]]
"""What a file says of each pinned dependency by its name, sorted: versions of a lock, requirements of a manifest."""


def pinned_versions(lock_text: str, prefixes: Sequence[str]) -> Said:
    """The versions in a Cargo.lock, with their source where that is not crates.io. Raises DocumentError."""
    found: list[tuple[str, str]] = []
    for package in _tables_of(_parsed(lock_text).get("package")):
        name, version, source = (package.get(key) for key in ("name", "version", "source"))
        if isinstance(name, str) and name.startswith(tuple(prefixes)):
            origin = "" if source in _CRATES_IO else f" from {source or 'a path'}"
            found.append((name, f"{version}{origin}"))
    return _by_name(found)


def pinned_requirements(toml_text: str, prefixes: Sequence[str]) -> Said:
    """The requirements in all tables of a Cargo.toml or of cargo's configuration, patches too.

    What a crate takes over from its workspace stands there, not here. Raises DocumentError.
    """
    found: list[tuple[str, str]] = []
    for key, value, patch in _requirements(_parsed(toml_text)):
        package = value.get("package", key) if isinstance(value, dict) else key
        name = next((one for one in (str(package), key) if one.startswith(tuple(prefixes))), None)
        text = _requirement(value)
        if name is not None and text:
            renamed = "" if name == package else f"{package} "
            found.append((name, f"{_PATCHED if patch else ''}{renamed}{text}"))
    return _by_name(found)


def pinned_changes(
    before: Mapping[str, str | None], after: Mapping[str, str | None], prefixes: Sequence[str]
) -> tuple[Finding, ...]:
    """A finding for each pinned dependency that is another one now; texts by path, None where there is no such file.

    `before` may have more files than `after`, which are those that changed. A dependency that is no longer used is no
    change, nor is one that is used in one more place, or for the first time, at a version that was there.
    """
    old = {path: _read(path, text, prefixes) for path, text in before.items()}
    new = {path: _read(path, text, prefixes) for path, text in after.items()}
    readable = {path: said for path, said in old.items() if not isinstance(said, Finding)}
    known_locked = _union(said for path, said in readable.items() if _is_lock(path))
    exactly = {name: tuple(f"={text}" for text in texts) for name, texts in known_locked.items()}
    known_required = _union([exactly, *(said for path, said in readable.items() if not _is_lock(path))])
    findings: list[Finding] = []
    for path, is_ in new.items():
        was = old.get(path, {})
        if isinstance(is_, Finding):
            findings.append(is_)
        elif isinstance(was, Finding):
            findings.append(was)
        elif after[path] is None and _is_lock(path) and was:
            findings.append(fails(f"{path} is gone, which held {_first_of(was)}.", hint="Restore it."))
        else:
            findings += _changes(path, was, is_, known_locked if _is_lock(path) else known_required)
    return tuple(findings)


def _changes(path: str, was: Said, is_: Said, known: Said) -> Iterator[Finding]:
    anything = {text for texts in known.values() for text in texts}
    for name in sorted({*was, *is_}):
        old, new = was.get(name, ()), is_.get(name, ())
        unpatched = any(text.startswith(_PATCHED) for text in set(old) - set(new))
        if unpatched or set(new) - set(old) - (set(known[name]) if name in known else anything):
            yield fails(f"{name} {_shown(old)} → {_shown(new)} in {path}.", hint="It is pinned: leave it as it was.")


def _read(path: str, text: str | None, prefixes: Sequence[str]) -> Said | Finding:
    try:
        return {} if text is None else (pinned_versions if _is_lock(path) else pinned_requirements)(text, prefixes)
    except DocumentError as error:
        if not any(prefix in (text or "") for prefix in prefixes):
            return {}
        return unclear(f"Whether {path} changed a pinned version cannot be told: {error.message}", hint=error.hint)


def _is_lock(path: str) -> bool:
    return path.rpartition("/")[2] == "Cargo.lock"


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "too large a number or too deep"
        raise DocumentError(f"It is no TOML ({reason}).", hint="Mend it.") from None


def _requirements(manifest: dict[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    """Every requirement by the key it stands under, and whether it patches another."""
    workspace = _table(manifest.get("workspace"))
    for table in (manifest, workspace, *_tables_of(list(_table(manifest.get("target")).values()))):
        for name in _TABLES:
            yield from ((key, value, False) for key, value in _table(table.get(name)).items())
    for patches in _tables_of(list(_table(manifest.get("patch")).values())):
        yield from ((key, value, True) for key, value in patches.items())
    for key, value in _table(manifest.get("replace")).items():  # by id: `[SOURCE#]NAME:VERSION`
        yield key.rpartition("#")[2].partition(":")[0], value, True


def _requirement(value: object) -> str:
    """A requirement in words; empty where there is none, or where it is the workspace's."""
    if isinstance(value, str):
        return "".join(value.split())
    table = _table(value)
    if not table or table.get("workspace") is True:
        return ""
    version = "".join(str(table.get("version", "")).split())
    origin = [f"{key} {table[key]}" for key in _ORIGIN if key in table]
    return " ".join(filter(None, (version, *origin))) or "*"


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables_of(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _by_name(found: Iterable[tuple[str, str]]) -> Said:
    by_name = groupby(sorted(set(found)), key=itemgetter(0))
    return {name: tuple(text for _name, text in pairs) for name, pairs in by_name}


def _union(said: Iterable[Said]) -> Said:
    return _by_name((name, text) for one in said for name, texts in one.items() for text in texts)


def _first_of(said: Said) -> str:
    name = next(iter(said))
    more = f" and {len(said) - 1} more" if len(said) > 1 else ""
    return f"{name} at {_shown(said[name])}{more}"


def _shown(texts: Sequence[str]) -> str:
    return ", ".join(texts) or "nothing"
