"""Starts cargo, rustc and a user's own build command: the only module of the targets that does."""

import os
import shlex
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import BuildError

_TAIL_LINES = 20
_GRACE_S = 5
"""How long a build that was told to end may take before it is killed."""

_PLAIN = {"CARGO_TERM_COLOR": "never", "CARGO_TERM_PROGRESS_WHEN": "never"}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a command is started, and with exactly which environment."""

    directory: Path
    env: Mapping[str, str]


def stream(argv: Sequence[str], place: Place, on_line: Callable[[str], None]) -> str:
    """Run a build to its end and return its stdout; `on_line` gets each line of its stderr.

    It runs in a session of its own, which is ended when we are interrupted: no compiler stays behind, and nothing can
    ask questions on the terminal. Raises BuildError with its last lines when it fails.
    """
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    with tempfile.TemporaryFile() as output:
        process = _start(argv, place, stdout=output.fileno(), stderr=subprocess.PIPE)
        try:
            for raw in process.stderr or ():
                line = raw.decode(errors="replace").rstrip("\r\n")
                if line.strip():
                    tail.append(line)
                on_line(line)
            code = process.wait()
        finally:
            _end(process)
        if code != 0:
            raise _failure(argv, place, code=code, tail=tail)
        output.seek(0)
        return output.read().decode(errors="replace")


def query(argv: Sequence[str], place: Place) -> str:
    """What a command prints that only answers a question. Raises BuildError as `stream` does."""
    process = _start(argv, place, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        output, errors = process.communicate()
    finally:
        _end(process)
    if process.returncode != 0:
        tail = [line for line in errors.decode(errors="replace").splitlines() if line.strip()][-_TAIL_LINES:]
        raise _failure(argv, place, code=process.returncode, tail=tail)
    return output.decode(errors="replace")


def _start(argv: Sequence[str], place: Place, *, stdout: int, stderr: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            cwd=place.directory,
            env={**place.env, **_PLAIN},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except FileNotFoundError:
        if not place.directory.is_dir():
            raise BuildError(f"{_shown(argv)} cannot start: {place.directory} does not exist.") from None
        raise BuildError(
            f"{_shown(argv)} cannot start in {place.directory}: {argv[0]} was not found.",
            hint="Install Rust from https://rustup.rs, or put cargo on PATH."
            if Path(argv[0]).name in {"cargo", "rustc"}
            else "Correct the command in harness.toml, or install it.",
        ) from None
    except OSError as error:
        raise BuildError(f"{_shown(argv)} cannot start in {place.directory}: {error.strerror}.") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what still runs of the process's group, and close its pipes."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=_GRACE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _failure(argv: Sequence[str], place: Place, *, code: int, tail: Sequence[str]) -> BuildError:
    ending = f"exit code {code}" if code > 0 else f"killed by signal {-code}"
    lines = [
        f"{_shown(argv)} failed in {place.directory} ({ending}); its last lines:",
        *(f"    {line}" for line in tail),
    ]
    return BuildError("\n".join(lines))


def _shown(argv: Sequence[str]) -> str:
    return f"`{shlex.join(argv)}`"
