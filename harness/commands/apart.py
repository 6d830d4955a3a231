"""Work that needs the table libraries, done by a process of its own.

While a session measures, this process must stay small: a child's peak memory counts from its parent's size
(measure/process.py).
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def apart(function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
    """What the function returns or raises, called in a fresh process; it must be one that can be imported by name."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(function, *args, **kwargs).result()
