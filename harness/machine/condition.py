"""Is the machine fit to measure at this moment? Reading is one call, judging is pure."""

from enum import StrEnum

import msgspec

from harness.machine.facts import PowerSource, State
from harness.machine.reading import read_state

LOAD_PER_CORE_LIMIT = 0.2
LOAD_FLOOR = 0.5
"""A desktop at rest shows a load of one or two on a dozen cores; above both limits something else is at work."""

AVAILABLE_MEMORY_SHARE = 0.2
SWAP_SHARE = 0.01
"""Of the machine's memory: pages swapped out long ago and never asked for again do no harm."""

_STEADY_GOVERNORS = ("performance", "automatic", "high power")
_GIB = 1024**3


class Level(StrEnum):
    """What a finding says; a fact that could not be read is never "ok"."""

    OK = "ok"
    WARNING = "warning"
    UNKNOWN = "unknown"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One question about the machine: the answer, and what to do about it (empty where nothing)."""

    level: Level
    what: str
    advice: str = ""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """The machine's state, and who else measures on it (`measuring`, None for nobody)."""

    state: State
    measuring: str | None = None


def read_condition(*, measuring: str | None = None) -> Condition:
    """The condition of this machine now; the caller knows of other measurements."""
    return Condition(state=read_state(), measuring=measuring)


def findings(condition: Condition) -> tuple[Finding, ...]:
    """One finding for each question, always in the same order."""
    state = condition.state
    return (
        _measuring(condition.measuring),
        _load(state),
        _usable_cores(state),
        _governor(state),
        _power(state),
        _thermal(state),
        _memory(state),
        _swap(state),
        _virtual_machine(state),
    )


def _ok(what: str) -> Finding:
    return Finding(level=Level.OK, what=what)


def _warning(what: str, advice: str) -> Finding:
    return Finding(level=Level.WARNING, what=what, advice=advice)


def _unknown(subject: str, advice: str) -> Finding:
    return Finding(level=Level.UNKNOWN, what=f"{subject} cannot be read here", advice=advice)


def _measuring(who: str | None) -> Finding:
    if who is None:
        return _ok("no other measurement is running")
    return _warning(f"another measurement is running: {who}", "Wait until it has ended.")


def _load(state: State) -> Finding:
    if state.load_1m is None or state.cores is None:
        return _unknown("the load average", "See to it that nothing else is at work.")
    what = f"load average {state.load_1m:.2f} on {state.cores} cores"
    if state.load_1m <= max(LOAD_FLOOR, LOAD_PER_CORE_LIMIT * state.cores):
        return _ok(what)
    return _warning(what, "End what else is at work; after a build, wait a minute or two for the average to fall.")


def _usable_cores(state: State) -> Finding:
    if state.usable_cores is None or state.cores is None:
        return _unknown("how many cores this process may use", "Look for CPU affinity and container limits.")
    if state.usable_cores >= state.cores:
        return _ok(f"all {state.cores} cores may be used")
    what = f"only {state.usable_cores:g} of {state.cores} cores may be used (affinity or control group)"
    return _warning(what, "Lift the limit, or compare only with recordings taken under the same one.")


def _governor(state: State) -> Finding:
    if state.governor is None:
        return _unknown("the CPU frequency governor", "See to it that the CPU runs at a steady frequency.")
    what = f"CPU frequency governor: {state.governor}"
    if state.governor in _STEADY_GOVERNORS:
        return _ok(what)
    if state.governor == "low power":
        return _warning("low power mode is on", "Switch it off in the system settings (Battery, or Energy).")
    return _warning(what, "Choose the performance governor: sudo cpupower frequency-set -g performance")


def _power(state: State) -> Finding:
    if state.power_source is None:
        return _unknown("the power source", "See to it that the machine does not run on battery.")
    what = f"power source: {state.power_source.value}"
    if state.power_source in (PowerSource.AC, PowerSource.NO_BATTERY):
        return _ok(what)
    return _warning(what, "Plug the machine in: on battery the CPU and GPU run slower, and not steadily.")


def _thermal(state: State) -> Finding:
    if state.thermal is None:
        return _unknown("the thermal state", "See that later runs are not slower than the first ones.")
    what = f"thermal state: {state.thermal.text}"
    return _warning(what, "Let the machine cool down before measuring.") if state.thermal.limited else _ok(what)


def _memory(state: State) -> Finding:
    total, available = state.memory.total_bytes, state.memory.available_bytes
    if total is None or available is None:
        return _unknown("the available memory", "See to it that the program under test cannot run into swap.")
    what = f"{available / _GIB:.1f} of {total / _GIB:.1f} GiB memory available"
    if available >= AVAILABLE_MEMORY_SHARE * total:
        return _ok(what)
    return _warning(what, "End programs that hold memory.")


def _swap(state: State) -> Finding:
    total, used = state.memory.total_bytes, state.memory.swap_used_bytes
    if total is None or used is None:
        return _unknown("the swap in use", "See to it that the program under test cannot run into swap.")
    if used <= SWAP_SHARE * total:
        return _ok("no swap in use" if used == 0 else f"{used / _GIB:.2f} GiB swap in use")
    return _warning(f"{used / _GIB:.2f} GiB swap in use", "End programs that hold memory, or restart the machine.")


def _virtual_machine(state: State) -> Finding:
    if state.virtual_machine is None:
        return _unknown("whether this is a virtual machine", "In one, expect noise from its neighbours.")
    if not state.virtual_machine:
        return _ok("not a virtual machine")
    advice = "Neighbours can take its CPU time: calibrate its noise, and trust interleaved comparisons only."
    return _warning("this is a virtual machine", advice)
