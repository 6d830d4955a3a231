"""One benchmark of one revision → programs that can be started: built, found built, or taken as they are."""

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import BuildError
from harness.machine.environment import relevant_environment
from harness.machine.toolchain import read_toolchain
from harness.measure.session import Program
from harness.recording.manifest import Executable, Toolchain
from harness.targets.build import build
from harness.targets.built import Built, copy_out, load_built, program_environment, sha256_of
from harness.targets.cache import BuildCache, build_key
from harness.targets.cargo import CargoCommand, parse_cargo_command
from harness.targets.command import CommandLine, split_command
from harness.targets.config import Target
from harness.targets.git import Checkout, tree_id
from harness.targets.revision import Revision
from harness.targets.worktree import ensure_worktree, touch_tracked_files

_LAST_LINES = 20


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where a revision is built: `root` is the working tree's, `directory` the target's in it."""

    checkout: Checkout
    cache: BuildCache
    revision: Revision
    root: Path
    directory: Path

    @property
    def tree(self) -> str | None:
        """The git tree of the target's directory: equal trees hold equal files, whatever the commit."""
        return tree_id(self.checkout, self.revision.commit) if self.revision.commit else None


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark that can be run. `identity` is equal on two sides exactly when they would run the same."""

    programs: tuple[Program, ...]
    executables: tuple[Executable, ...]
    identity: str
    environment: Mapping[str, str]
    cargo: CargoCommand | None = None
    toolchain: Toolchain | None = None


class _Job(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be done for one benchmark; `place` is where its programs are kept, for those that cargo builds."""

    name: str
    line: CommandLine
    directory: Path
    environment: Mapping[str, str]
    build_line: str | None
    cargo: CargoCommand | None
    place: Path


def open_site(checkout: Checkout, cache: BuildCache, revision: Revision) -> Site:
    """The working tree itself, or a clean worktree of the revision. Raises BuildError."""
    if revision.in_place:
        return Site(checkout=checkout, cache=cache, revision=revision, root=checkout.root, directory=checkout.directory)
    if revision.commit is None:
        raise BuildError("There is no commit to build.", hint="Commit something, or measure the files as they lie.")
    root = cache.worktree(revision.commit, revision.patch_sha256)
    directory = ensure_worktree(checkout, commit=revision.commit, patch=revision.patch or None, path=root)
    return Site(checkout=checkout, cache=cache, revision=revision, root=root, directory=directory)


def make_ready(target: Target, names: Sequence[str], site: Site, *, say: Callable[[str], None]) -> dict[str, Ready]:
    """Builds what is not built yet. Raises BuildError, ConfigError, StoreError."""
    jobs = [_job(target, name, site) for name in names]
    kept = {job.name: load_built(job.place, worktree=site.root) for job in jobs if _may_keep(job, site)}
    if not site.revision.in_place and any(kept.get(job.name) is None for job in jobs):
        # All worktrees of a checkout share one cargo target directory, and cargo judges freshness by mtime alone:
        # without this it would take another revision's program for this one's.
        touch_tracked_files(site.root)
    return {job.name: _made(job, site, kept.get(job.name), say=say) for job in jobs}


def _job(target: Target, name: str, site: Site) -> _Job:
    benchmark = target.benchmarks[name]
    line = split_command(benchmark.command)
    directory = site.directory / (benchmark.cwd or target.cwd or ".")
    environment = {**os.environ, **target.env, **benchmark.env, **line.environment}
    build_line = benchmark.build or target.build
    cargo = None if build_line else parse_cargo_command(line.argv)
    return _Job(
        name=name,
        line=line,
        directory=directory,
        environment=environment,
        build_line=build_line,
        cargo=cargo,
        place=site.cache.programs(_key(cargo, directory, environment, site), name),
    )


def _may_keep(job: _Job, site: Site) -> bool:
    """Files as they lie can change without a new name, so they are always built."""
    return job.cargo is not None and not site.revision.in_place


def _made(job: _Job, site: Site, kept: Built | None, *, say: Callable[[str], None]) -> Ready:
    if job.cargo is None:
        if job.build_line:
            _run_build(split_command(job.build_line), job.directory, job.environment, say=say)
        return _plain(job, site)
    if kept is not None:
        say(f"{job.name}: already built")
        return _from_built(kept, job.cargo, job.environment, site)
    say(f"{job.name}: building in {job.directory}")
    target_dir = None if site.revision.in_place else site.cache.cargo_target
    built = build(job.cargo, directory=job.directory, env=job.environment, target_dir=target_dir, on_line=say)
    return _from_built(copy_out(built, job.place, worktree=site.root), job.cargo, job.environment, site)


def _key(cargo: CargoCommand | None, directory: Path, environment: Mapping[str, str], site: Site) -> str:
    """Files (the lockfile among them), toolchain, flags and the variables that a build sees."""
    if site.revision.in_place or cargo is None:
        return "worktree"
    toolchain = read_toolchain(directory, environment)
    seen = [f"{name}={value}" for name, value in relevant_environment(environment).items() if name != "RUST_LOG"]
    patch = site.revision.patch_sha256 or ""
    return build_key(site.tree or "", patch, str(toolchain.rustc), *cargo.argv, *seen)


def _from_built(built: Built, cargo: CargoCommand, environment: Mapping[str, str], site: Site) -> Ready:
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
    identity = _identity([(one.sha256, *one.arguments) for one in executables])
    return Ready(
        programs=programs,
        executables=executables,
        identity=identity,
        environment=environment,
        cargo=cargo,
        toolchain=built.toolchain,
    )


def _plain(job: _Job, site: Site) -> Ready:
    """A command that is run as it is. A script may call anything: only equal files of the checkout make it the same."""
    argv = job.line.argv
    program = job.directory / argv[0]
    known = "/" in argv[0] and program.is_file()
    executable = Executable(
        path=argv[0],
        sha256=sha256_of(program) if known else "",
        arguments=argv[1:],
        directory=_relative(job.directory, site.root),
    )
    return Ready(
        programs=(Program(argv=argv, directory=job.directory, environment=job.environment),),
        executables=(executable,),
        identity=_identity([(site.tree or "no commit", site.revision.patch_sha256 or "", *argv)]),
        environment=job.environment,
    )


def _identity(parts: Sequence[tuple[str, ...]]) -> str:
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
