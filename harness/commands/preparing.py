"""A revision of a target → programs ready to be run, and the facts that say which program this is."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from harness import __version__
from harness.commands.building import Ready, Site, lockfile_hash, make_ready, open_site
from harness.errors import BuildError, ConfigError
from harness.kpis.contract import Contract
from harness.machine.environment import relevant_environment
from harness.machine.toolchain import read_toolchain
from harness.measure.session import RunnableBenchmark
from harness.recording.manifest import BenchmarkRecord, Origin, Provenance
from harness.spans.capture import METRICS_FILE_SUFFIX, SPANS_FILE_SUFFIX
from harness.targets.built import sha256_of
from harness.targets.cache import build_cache
from harness.targets.config import Benchmark, Target
from harness.targets.git import Checkout, is_dirty, tree_id
from harness.targets.revision import Revision, files_as_they_lie, worktree_changed
from harness.targets.worktree import remove_worktree


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A built revision: how to run each benchmark, and what its recording will say of it."""

    revision: Revision
    provenance: Provenance
    runnable: Mapping[str, RunnableBenchmark]
    records: tuple[BenchmarkRecord, ...]
    plain_programs: tuple[tuple[Path, str], ...] = ()


def prepare(
    target: Target,
    checkout: Checkout,
    revision: Revision,
    names: Sequence[str],
    *,
    say: Callable[[str], None],
) -> Prepared:
    """Builds the named benchmarks of a revision, or finds them built. Raises BuildError, ConfigError.

    A build in place may itself change a file (cargo writes Cargo.lock): what is then there is built and named instead.
    """
    for _attempt in range(2):
        site = open_site(checkout, build_cache(checkout.root), revision)
        ready = make_ready(target, names, site, say=say)
        if not (revision.in_place and worktree_changed(checkout, revision)):
            return _prepared(target, site, ready)
        revision = files_as_they_lie(checkout)
    raise BuildError(
        f"The files of {checkout.directory} change while they are built.",
        hint="Leave them alone until the build is over, then run this again.",
    )


def _prepared(target: Target, site: Site, ready: Mapping[str, Ready]) -> Prepared:
    revision = site.revision
    toolchain = next((one.toolchain for one in ready.values() if one.toolchain), None)
    return Prepared(
        revision=revision,
        provenance=Provenance(
            origin=Origin.MEASURED,
            commit=revision.commit,
            dirty=bool(revision.patch) or (revision.in_place and is_dirty(site.checkout)),
            patch_sha256=revision.patch_sha256,
            toolchain=toolchain or read_toolchain(site.directory, os.environ),
            lockfile_sha256=lockfile_hash(site.directory, site.root),
            harness_version=__version__,
        ),
        runnable={name: _runnable(name, target.benchmarks[name], one) for name, one in ready.items()},
        plain_programs=tuple((one.program, one.executables[0].sha256) for one in ready.values() if one.program),
        records=tuple(_record(name, target.benchmarks[name], one) for name, one in ready.items()),
    )


def clean_up(checkout: Checkout, revision: Revision) -> None:
    """Removes a revision's worktree; its built programs stay."""
    if not revision.in_place and revision.commit is not None:
        files = tree_id(checkout, revision.commit) or revision.commit
        remove_worktree(checkout, build_cache(checkout.root).worktree(files, revision.patch_sha256))


def contract_benchmarks(target: Target, chosen: Sequence[str], contract: Contract) -> tuple[str, ...]:
    """The chosen benchmarks, else all of the target's, in the contract's order.

    Raises ConfigError for an unknown one.
    """
    unknown = [name for name in chosen if name not in target.benchmarks]
    if unknown:
        raise ConfigError(f"No benchmark '{unknown[0]}'.", hint=f"Known: {', '.join(target.benchmarks) or 'none'}.")
    if not target.benchmarks:
        raise ConfigError("The target has no benchmark.", hint="Add [targets.NAME.benchmarks.BENCH] to harness.toml.")
    wanted = list(dict.fromkeys(chosen)) or list(target.benchmarks)
    order = [one.name for one in contract.benchmarks]
    return tuple(sorted(wanted, key=lambda name: order.index(name) if name in order else len(order)))


def _runnable(name: str, benchmark: Benchmark, ready: Ready) -> RunnableBenchmark:
    outputs = {benchmark.spans_env: SPANS_FILE_SUFFIX, benchmark.metrics_env: METRICS_FILE_SUFFIX}
    return RunnableBenchmark(
        name=name,
        command=benchmark.command,
        programs=ready.programs,
        timeout_s=benchmark.timeout_s,
        outputs={variable: suffix for variable, suffix in outputs.items() if variable},
        counters_environment=benchmark.counters_env,
    )


def _record(name: str, benchmark: Benchmark, ready: Ready) -> BenchmarkRecord:
    return BenchmarkRecord(
        name=name,
        command=benchmark.command,
        executables=ready.executables,
        identity=ready.identity,
        profile=ready.cargo.profile if ready.cargo else None,
        features=ready.cargo.features if ready.cargo else (),
        environment={**relevant_environment(ready.environment), **ready.declared},
        log=f"{name}.log",
    )


def patched(prepared: Prepared, draft: Path, *, file_name: str) -> None:
    """Keeps a dirty revision's patch beside its recording, so that it can be rebuilt."""
    if prepared.revision.patch:
        (draft / file_name).write_bytes(prepared.revision.patch)


def refuse_replaced(prepared: Prepared) -> None:
    """Raises BuildError where a later build replaced a program that is about to be measured."""
    for path, sha256 in prepared.plain_programs:
        if not path.is_file() or sha256_of(path) != sha256:
            raise BuildError(
                f"{path} was replaced by another benchmark's or revision's build.",
                hint="Let every `build` write below its own checkout, to a file of its own.",
            )
