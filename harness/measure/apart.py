"""Work that needs the table libraries, done by a process of its own.

While a session measures, this process must stay small: a child's peak memory counts from its parent's size
(measure/process.py). The other process ends with its work, whatever becomes of this one, and Ctrl-C does not reach it.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from harness.errors import MeasureError

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def apart(function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
    """What the function returns or raises, called in a fresh process; it must be one that can be imported by name."""
    package = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-P", "-m", __name__],  # -P: a folder of our name where the user stands is not us
        input=pickle.dumps((function, args, kwargs)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))},
        stdout=subprocess.PIPE,
        start_new_session=True,
        check=False,
    )
    if done.returncode != 0:
        raise MeasureError(f"Reading the runs so far failed with exit code {done.returncode}; see above.")
    result: _Result | Exception = pickle.loads(done.stdout)  # noqa: S301 (written by the process above)
    if isinstance(result, Exception):
        raise result
    return result


def _main() -> None:
    """The other process: the call on stdin, its result on stdout, where nothing else may be written."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    function, args, kwargs = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 (written by the process that waits)
    try:
        result = function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 (raised again over there)
        result = error
    with answer:
        answer.write(pickle.dumps(result))


if __name__ == "__main__":
    _main()
