"""A revision of a target → programs ready to be run, and the facts that say which program this is."""

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import __version__
from harness.errors import BuildError, ConfigError
from harness.kpis.contract import Contract
from harness.machine.environment import relevant_environment
from harness.machine.toolchain import read_toolchain
from harness.measure.session import Program, RunnableBenchmark
from harness.recording.manifest import BenchmarkRecord, Executable, Origin, Provenance, Toolchain
from harness.spans import forest
from harness.targets.build import build
from harness.targets.built import Built, copy_out, load_built, program_environment, sha256_of
from harness.targets.cache import BuildCache, build_cache, build_key
from harness.targets.cargo import CargoCommand, parse_cargo_command
from harness.targets.command import CommandLine, split_command
from harness.targets.config import Benchmark, Target
from harness.targets.git import Checkout, find_checkout, head_commit, is_dirty, tree_id, worktree_patch
from harness.targets.worktree import ensure_worktree, remove_worktree, touch_tracked_files

_LAST_LINES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """What is to be built: a commit with or without a patch from a clean worktree, or the files as they lie."""

    commit: str | None
    patch: bytes = b""
    in_place: bool = False

    @property
    def patch_sha256(self) -> str | None:
        """The hash of the patch; None for a clean revision."""
        return hashlib.sha256(self.patch).hexdigest() if self.patch else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A built revision: how to run each benchmark, and what its recording will say of it."""

    revision: Revision
    provenance: Provenance
    runnable: Mapping[str, RunnableBenchmark]
    records: tuple[BenchmarkRecord, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ready:
    """One benchmark, built."""

    programs: tuple[Program, ...]
    executables: tuple[Executable, ...]
    identity: str
    environment: Mapping[str, str]
    cargo: CargoCommand | None = None
    toolchain: Toolchain | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Site:
    """Where a revision is built: `root` is the working tree's, `directory` the target's in it."""

    checkout: Checkout
    cache: BuildCache
    revision: Revision
    root: Path
    directory: Path


def checkout_for(target_name: str, target: Target) -> Checkout:
    """The target's checkout. Raises ConfigError for a target that is only known by name."""
    if target.checkout is None:
        raise ConfigError(
            f"Target '{target_name}' has no checkout here, so it cannot be built or run.",
            hint=f"Say where it is in harness.toml: [targets.{target_name}] checkout = \"path\" ('harness init' writes one).",
        )
    return find_checkout(Path(target.checkout))


def files_as_they_lie(checkout: Checkout) -> Revision:
    """The working tree: its commit, and what differs from it."""
    patch = worktree_patch(checkout) if is_dirty(checkout) else b""
    return Revision(commit=head_commit(checkout), patch=patch, in_place=True)


def prepare(
    target: Target,
    checkout: Checkout,
    revision: Revision,
    names: Sequence[str],
    *,
    say: Callable[[str], None],
) -> Prepared:
    """Builds the named benchmarks of a revision, or finds them built. Raises BuildError, ConfigError."""
    cache = build_cache(checkout.root)
    site = _site(checkout, cache, revision)
    ready = {name: _ready(target, name, site, say=say) for name in names}
    if revision.in_place and worktree_changed(checkout, revision):
        raise BuildError(
            f"The files of {checkout.directory} changed while they were built.",
            hint="Leave them alone until the build is over, then run this again.",
        )
    toolchain = next((one.toolchain for one in ready.values() if one.toolchain), None)
    return Prepared(
        revision=revision,
        provenance=Provenance(
            origin=Origin.MEASURED,
            commit=revision.commit,
            dirty=bool(revision.patch) or (revision.in_place and is_dirty(checkout)),
            patch_sha256=revision.patch_sha256,
            toolchain=toolchain or read_toolchain(site.directory, os.environ),
            lockfile_sha256=_lockfile_hash(site),
            harness_version=__version__,
        ),
        runnable={name: _runnable(name, target.benchmarks[name], one) for name, one in ready.items()},
        records=tuple(_record(name, target.benchmarks[name], one) for name, one in ready.items()),
    )


def clean_up(checkout: Checkout, revision: Revision) -> None:
    """Removes a revision's worktree; its built programs stay."""
    if not revision.in_place and revision.commit is not None:
        remove_worktree(checkout, build_cache(checkout.root).worktree(revision.commit, revision.patch_sha256))


def worktree_changed(checkout: Checkout, revision: Revision) -> bool:
    """Whether the files are no longer those that `revision` names."""
    now = files_as_they_lie(checkout)
    return (now.commit, now.patch) != (revision.commit, revision.patch)


def contract_benchmarks(target: Target, chosen: Sequence[str], contract: Contract) -> tuple[str, ...]:
    """The chosen benchmarks, else all of the target's, in the contract's order. Raises ConfigError for an unknown one."""
    unknown = [name for name in chosen if name not in target.benchmarks]
    if unknown:
        raise ConfigError(f"No benchmark '{unknown[0]}'.", hint=f"Known: {', '.join(target.benchmarks) or 'none'}.")
    if not target.benchmarks:
        raise ConfigError("The target has no benchmark.", hint="Add [targets.NAME.benchmarks.BENCH] to harness.toml.")
    wanted = list(dict.fromkeys(chosen)) or list(target.benchmarks)
    order = [one.name for one in contract.benchmarks]
    return tuple(sorted(wanted, key=lambda name: order.index(name) if name in order else len(order)))


def _site(checkout: Checkout, cache: BuildCache, revision: Revision) -> _Site:
    if revision.in_place:
        root, directory = checkout.root, checkout.directory
    else:
        if revision.commit is None:
            raise BuildError("There is no commit to build.", hint="Commit something, or measure the files as they lie.")
        root = cache.worktree(revision.commit, revision.patch_sha256)
        directory = ensure_worktree(checkout, commit=revision.commit, patch=revision.patch or None, path=root)
    return _Site(checkout=checkout, cache=cache, revision=revision, root=root, directory=directory)


def _ready(target: Target, name: str, site: _Site, *, say: Callable[[str], None]) -> _Ready:
    benchmark = target.benchmarks[name]
    line = split_command(benchmark.command)
    directory = site.directory / (benchmark.cwd or target.cwd or ".")
    environment = {**os.environ, **target.env, **benchmark.env, **line.environment}
    build_line = benchmark.build or target.build
    cargo = None if build_line else parse_cargo_command(line.argv)
    if cargo is None:
        if build_line:
            _run_build(split_command(build_line), directory, environment, say=say)
        return _plain(line, directory, environment, site)
    built = _built(cargo, name, directory, environment, site, say=say)
    return _from_built(built, cargo, environment, site)


def _built(
    cargo: CargoCommand,
    name: str,
    directory: Path,
    environment: Mapping[str, str],
    site: _Site,
    *,
    say: Callable[[str], None],
) -> Built:
    """The programs copied out under the revision's key: a later build in the same target directory cannot touch them."""
    place = site.cache.programs(_key(cargo, directory, environment, site), name)
    kept = None if site.revision.in_place else load_built(place, worktree=site.root)
    if kept is not None:
        say(f"{name}: already built for {site.revision.commit or ''}"[:80])
        return kept
    say(f"{name}: building in {directory}")
    if not site.revision.in_place:
        touch_tracked_files(site.root)
    built = build(
        cargo,
        directory=directory,
        env=environment,
        target_dir=None if site.revision.in_place else site.cache.cargo_target,
        on_line=say,
    )
    return copy_out(built, place, worktree=site.root)


def _key(cargo: CargoCommand, directory: Path, environment: Mapping[str, str], site: _Site) -> str:
    """Commit and patch (with them the lockfile), toolchain, flags and the variables that a build sees."""
    if site.revision.in_place:
        return "worktree"
    toolchain = read_toolchain(directory, environment)
    flags = [f"{key}={value}" for key, value in sorted(relevant_environment(environment).items()) if key != "RUST_LOG"]
    return build_key(
        site.revision.commit or "",
        site.revision.patch_sha256 or "",
        str(toolchain.rustc),
        *cargo.argv,
        *flags,
    )


def _from_built(built: Built, cargo: CargoCommand, environment: Mapping[str, str], site: _Site) -> _Ready:
    programs = tuple(
        Program(
            argv=(str(one.path), *one.arguments),
            directory=one.directory,
            environment=program_environment(one, environment),
        )
        for one in built.programs
    )
    executables = tuple(
        Executable(
            path=one.path.name,
            sha256=one.sha256,
            arguments=one.arguments,
            directory=_relative(one.directory, site.root),
        )
        for one in built.programs
    )
    identity = build_identity([(one.sha256, *one.arguments) for one in executables])
    return _Ready(
        programs=programs,
        executables=executables,
        identity=identity,
        environment=environment,
        cargo=cargo,
        toolchain=built.toolchain,
    )


def _plain(line: CommandLine, directory: Path, environment: Mapping[str, str], site: _Site) -> _Ready:
    """A command that is run as it is. A script may call anything, so only equal files of the checkout make it the same."""
    program = directory / line.argv[0]
    tree = tree_id(site.checkout, site.revision.commit) if site.revision.commit else None
    known = program.is_file() and "/" in line.argv[0]
    return _Ready(
        programs=(Program(argv=line.argv, directory=directory, environment=environment),),
        executables=(
            Executable(
                path=line.argv[0],
                sha256=sha256_of(program) if known else "",
                arguments=line.argv[1:],
                directory=_relative(directory, site.root),
            ),
        ),
        identity=build_identity([(tree or "no commit", site.revision.patch_sha256 or "", *line.argv)]),
        environment=environment,
    )


def build_identity(parts: Sequence[tuple[str, ...]]) -> str:
    """One hash for what is run; equal on two sides exactly when they would run the same."""
    return hashlib.sha256("\n".join("\0".join(part) for part in parts).encode()).hexdigest()


def _relative(directory: Path, root: Path) -> str:
    return directory.relative_to(root).as_posix() if directory.is_relative_to(root) else "."


def _run_build(
    line: CommandLine, directory: Path, environment: Mapping[str, str], *, say: Callable[[str], None]
) -> None:
    """A `build` command of the user's, before the benchmark's own command is run as it is."""
    say(f"building: {' '.join(line.argv)}")
    try:
        done = subprocess.run(
            line.argv,
            cwd=directory,
            env={**environment, **line.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except OSError as error:
        raise BuildError(
            f"The build command `{line.argv[0]}` cannot be started in {directory}: {error.strerror}.",
            hint="Correct `build` in harness.toml, or install it.",
        ) from None
    if done.returncode != 0:
        tail = done.stdout.decode(errors="replace").rstrip().split("\n")[-_LAST_LINES:]
        raise BuildError(
            f"The build command `{' '.join(line.argv)}` failed in {directory} (exit code {done.returncode}).",
            hint="Its last lines:\n" + "\n".join(f"    {one}" for one in tail),
        )


def _lockfile_hash(site: _Site) -> str | None:
    """The Cargo.lock in force: the nearest one upwards inside the working tree."""
    for directory in (site.directory, *site.directory.parents):
        if (directory / "Cargo.lock").is_file():
            return sha256_of(directory / "Cargo.lock")
        if directory == site.root:
            break
    return None


def _runnable(name: str, benchmark: Benchmark, ready: _Ready) -> RunnableBenchmark:
    outputs = {benchmark.spans_env: "spans.jsonl", benchmark.metrics_env: "metrics.json"}
    return RunnableBenchmark(
        name=name,
        command=benchmark.command,
        programs=ready.programs,
        timeout_s=benchmark.timeout_s,
        outputs={variable: suffix for variable, suffix in outputs.items() if variable},
        counters_environment=benchmark.counters_env,
    )


def _record(name: str, benchmark: Benchmark, ready: _Ready) -> BenchmarkRecord:
    return BenchmarkRecord(
        name=name,
        command=benchmark.command,
        executables=ready.executables,
        identity=ready.identity,
        profile=ready.cargo.profile if ready.cargo else None,
        features=ready.cargo.features if ready.cargo else (),
        environment=relevant_environment(ready.environment),
        log=f"{name}.log",
        log_format=forest.NAME,
    )


def patched(prepared: Prepared, draft: Path, *, file_name: str) -> None:
    """Keeps a dirty revision's patch beside its recording, so that it can be rebuilt."""
    if prepared.revision.patch:
        (draft / file_name).write_bytes(prepared.revision.patch)
