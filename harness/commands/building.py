"""One benchmark of one revision → programs that can be started: built, found built, or taken as they are."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import BuildError
from harness.machine.toolchain import read_toolchain
from harness.measure.session import Program
from harness.recording.manifest import Executable, Toolchain
from harness.targets.build import build
from harness.targets.built import Built, configured_environment, copy_out, load_built, program_environment, sha256_of
from harness.targets.cache import BuildCache, build_key, mark_used
from harness.targets.cargo import CargoCommand, parse_cargo_command
from harness.targets.cargo_config import cargo_settings_hash
from harness.targets.cargo_process import Place, stream
from harness.targets.command import CommandLine, split_command
from harness.targets.config import Target
from harness.targets.git import Checkout, has_changed_submodule, tree_id
from harness.targets.revision import Revision
from harness.targets.worktree import Lacking, ensure_worktree, lacking, touch_tracked_files

_IDLE = re.compile(
    r"_|PWD|OLDPWD|SHLVL|TERM|COLUMNS|LINES|HOSTNAME|LS_COLORS|DISPLAY|WINDOWID|RUST_LOG|VIRTUAL_ENV(_PROMPT)?"
    r"|HARNESS_(STORE|HOST|CACHE|WITHOUT_PROVER)|PYTHON(UNBUFFERED|DONTWRITEBYTECODE)|MAKE(FLAGS|LEVEL|_TERM.*)|MFLAGS"
    r"|(PYTEST|SSH|TMUX|XDG_SESSION|DBUS)_.*|TMUX"
)
"""Variables that differ from shell to shell and that no build looks at; any other one gets a build of its own."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where a revision is built: `root` is the working tree's, `directory` the target's in it.

    `tree` is the git tree of the checkout's scope: equal trees hold equal files, whatever the commit, but for what a
    worktree is `lacking`.
    """

    checkout: Checkout
    cache: BuildCache
    revision: Revision
    tree: str | None
    root: Path
    directory: Path
    lacking: Lacking = Lacking()


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark that can be run.

    `identity` is equal on two sides when they would run the same programs; files that a program reads while it runs
    are not in it. `program` is the file of a plain command, which a later build could replace.
    """

    programs: tuple[Program, ...]
    executables: tuple[Executable, ...]
    identity: str | None
    environment: Mapping[str, str]
    declared: Mapping[str, str]
    program: Path | None = None
    cargo: CargoCommand | None = None
    toolchain: Toolchain | None = None


class _Job(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be done for one benchmark; `place` is where its programs are kept, for those that cargo builds."""

    name: str
    line: CommandLine
    directory: Path
    environment: Mapping[str, str]
    declared: Mapping[str, str]
    build_line: str | None
    cargo: CargoCommand | None
    place: Path


def open_site(checkout: Checkout, cache: BuildCache, revision: Revision) -> Site:
    """The working tree itself, or a clean worktree of the revision. Raises BuildError."""
    tree = tree_id(checkout, revision.commit) if revision.commit else None
    if revision.in_place:
        root, directory = checkout.root, checkout.directory
        return Site(checkout=checkout, cache=cache, revision=revision, tree=tree, root=root, directory=directory)
    if revision.commit is None:
        raise BuildError("There is no commit to build.", hint="Commit something, or measure the files as they lie.")
    # By tree, not by commit: a program may hold the path it was built at, and is found again for equal files.
    root = cache.worktree(tree or revision.commit, revision.patch_sha256)
    cache.note_origin(checkout.root)
    directory = ensure_worktree(checkout, commit=revision.commit, patch=revision.patch or None, path=root)
    return Site(
        checkout=checkout,
        cache=cache,
        revision=revision,
        tree=tree,
        root=root,
        directory=directory,
        lacking=lacking(root),
    )


def make_ready(target: Target, names: Sequence[str], site: Site, *, say: Callable[[str], None]) -> dict[str, Ready]:
    """Builds what is not built yet. Raises BuildError, ConfigError, StoreError."""
    for remark in site.lacking.remarks():
        say(f"{(site.revision.commit or '')[:12]}: {remark}")
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
    declared = {**target.env, **benchmark.env, **line.environment}
    environment = {**os.environ, **declared}
    build_line = benchmark.build or target.build
    cargo = None if build_line else parse_cargo_command(line.argv)
    return _Job(
        name=name,
        line=line,
        directory=directory,
        environment=environment,
        declared=declared,
        build_line=build_line,
        cargo=cargo,
        place=site.cache.programs(_key(cargo, directory, environment, declared, site), name),
    )


def lockfile_hash(directory: Path, root: Path) -> str | None:
    """The hash of the Cargo.lock in force in `directory`: the nearest one upwards inside the working tree `root`."""
    for place in (directory, *directory.parents):
        if (place / "Cargo.lock").is_file():
            return sha256_of(place / "Cargo.lock")
        if place == root:
            break
    return None


def _may_keep(job: _Job, site: Site) -> bool:
    """Whether the same name always means the same program.

    Files as they lie can change without a new name. Without a lockfile in the commit so can what cargo takes from
    elsewhere: a program of last month would be held against one with this month's dependencies.
    """
    return job.cargo is not None and not site.revision.in_place and lockfile_hash(job.directory, site.root) is not None


def _made(job: _Job, site: Site, kept: Built | None, *, say: Callable[[str], None]) -> Ready:
    if job.cargo is None:
        if job.build_line:
            line = split_command(job.build_line)
            say(f"{job.name}: {' '.join(line.argv)}")
            stream(line.argv, Place(directory=job.directory, env={**job.environment, **line.environment}), say)
        return _plain(job, site)
    if kept is not None:
        say(f"{job.name}: already built")
        mark_used(job.place)
        mark_used(site.cache.own_target(job.place.parent.name))
        return _from_built(kept, job, job.cargo, site)
    say(f"{job.name}: building in {job.directory}")
    site.cache.note_origin(site.checkout.root)
    built = _build(job.cargo, job, site, say=say)
    return _from_built(copy_out(built, job.place, worktree=site.root), job, job.cargo, site)


def _build(cargo: CargoCommand, job: _Job, site: Site, *, say: Callable[[str], None]) -> Built:
    """Builds with cargo, in the target directory that all revisions share.

    A program that starts or loads others by a path there is built again in a target directory of its own, where no
    other revision's build replaces them.
    """
    if site.revision.in_place:
        return build(cargo, directory=job.directory, env=job.environment, target_dir=None, on_line=say)
    shared = site.cache.cargo_target
    built = build(cargo, directory=job.directory, env=job.environment, target_dir=shared, on_line=say)
    mark_used(shared)
    if not built.siblings and not built.libraries:
        return built
    own = site.cache.own_target(job.place.parent.name)
    built = build(cargo, directory=job.directory, env=job.environment, target_dir=own, on_line=say)
    mark_used(own)
    return built


def _key(
    cargo: CargoCommand | None,
    directory: Path,
    environment: Mapping[str, str],
    declared: Mapping[str, str],
    site: Site,
) -> str:
    """Everything a build sees, so that a program found under this key is the one a build would make.

    Files and what of them could not be had, the lockfile in force (which git may ignore), place, command, toolchain,
    cargo's settings outside the working tree, and the whole environment but for what is known not to matter.
    """
    if site.revision.in_place or cargo is None:
        return "worktree"
    toolchain = read_toolchain(directory, environment)
    seen = [
        f"{name}={value}"
        for name, value in sorted(environment.items())
        if name in declared or not _IDLE.fullmatch(name)
    ]
    settings = cargo_settings_hash(directory, outside=site.root, environment=environment)
    patch = site.revision.patch_sha256 or ""
    place = _relative(directory, site.root)
    files = (site.tree or "", patch, repr(site.lacking), lockfile_hash(directory, site.root) or "")
    return build_key(*files, place, str(toolchain.cargo), str(toolchain.rustc), settings, *cargo.argv, *seen)


def _from_built(built: Built, job: _Job, cargo: CargoCommand, site: Site) -> Ready:
    programs = tuple(
        Program(
            argv=(str(one.path), *one.arguments),
            directory=one.directory,
            environment=program_environment(one, job.environment),
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
    beside = [(one.path.name, one.sha256) for one in (*built.siblings, *built.libraries)]
    settings = [configured_environment(one, job.environment, worktree=site.root) for one in built.programs]
    identity = _identity([*((one.sha256, *one.arguments) for one in executables), *beside, *settings])
    return Ready(
        programs=programs,
        executables=executables,
        identity=identity,
        environment=job.environment,
        declared=job.declared,
        cargo=cargo,
        toolchain=built.toolchain,
    )


def _plain(job: _Job, site: Site) -> Ready:
    """A command that is run as it is. A script may call anything: only equal files of the checkout make it the same."""
    argv = job.line.argv
    program = _program(job, site)
    executable = Executable(
        path=argv[0],
        sha256=sha256_of(program) if program else "",
        arguments=argv[1:],
        directory=_relative(job.directory, site.root),
    )
    return Ready(
        programs=(Program(argv=argv, directory=job.directory, environment=job.environment),),
        executables=(executable,),
        identity=_plain_identity(job, site, executable),
        environment=job.environment,
        declared=job.declared,
        program=program,
    )


def _plain_identity(job: _Job, site: Site, executable: Executable) -> str | None:
    """None where the files cannot be told by a name: then it is the same as nothing."""
    if site.revision.in_place and has_changed_submodule(site.checkout):
        return None
    tree = (site.tree or "no commit", site.revision.patch_sha256 or "", repr(site.lacking))
    files = (*tree, executable.sha256, job.build_line or "")
    declared = tuple(f"{name}={value}" for name, value in sorted(job.declared.items()))
    return _identity([files, (executable.directory, *job.line.argv), declared])


def _program(job: _Job, site: Site) -> Path | None:
    """The file a plain command starts.

    One that a `build` makes must lie in the revision's own worktree: elsewhere the next revision's build would replace
    it before it is run.
    """
    name = job.line.argv[0]
    found = shutil.which(name, path=job.environment.get("PATH")) if "/" not in name else str(job.directory / name)
    program = Path(found) if found and Path(found).is_file() else None
    built = job.build_line is not None and "/" in name and not site.revision.in_place
    if built and program and not program.resolve().is_relative_to(site.root.resolve()):
        raise BuildError(
            f"{name} lies outside the revision's worktree, so every revision would run the same file.",
            hint="Let `build` put it below the checkout and name it by a relative path in harness.toml.",
        )
    return program


def _identity(parts: Sequence[tuple[str, ...]]) -> str:
    return hashlib.sha256("\n".join("\0".join(part) for part in parts).encode()).hexdigest()


def _relative(directory: Path, root: Path) -> str:
    return directory.relative_to(root).as_posix() if directory.is_relative_to(root) else "."
