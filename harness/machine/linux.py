"""Linux's own texts (/proc, /sys, /etc/os-release, nvidia-smi) into facts. Pure: text in, None for what it lacks."""

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from harness.machine.facts import Gpu, Memory, PowerSource, System, Thermal

_KIB = 1024
_ONLINE_SUPPLIES = ("Mains", "USB", "Wireless")
_CPU_COOLING = re.compile(r"Processor|intel_powerclamp|(thermal-)?cpufreq.*")


def cpu_model(cpuinfo: str) -> str | None:
    """The CPU's name in /proc/cpuinfo; on ARM, which prints none, the implementer and part codes of its cores.

    The codes are kept as they are: tables that name them differ from one version of a tool to the next, and a name
    that changes with a tool cannot identify a machine.
    """
    # "model name" is x86 and 32-bit ARM, "cpu" is POWER; several kinds of core in one machine are all named.
    for key in ("model name", "cpu"):
        if names := _distinct(_values(cpuinfo, key)):
            return " + ".join(names)
    implementers = _values(cpuinfo, "CPU implementer")
    parts = _values(cpuinfo, "CPU part")
    if not implementers or len(implementers) != len(parts):
        return None
    pairs = zip(implementers, parts, strict=True)
    return " + ".join(_distinct(f"ARM implementer {implementer} part {part}" for implementer, part in pairs))


def virtual_machine(cpuinfo: str) -> bool | None:
    """Whether the CPU says that a hypervisor runs it (x86's flag); None where CPUs do not say, as on ARM."""
    flags = _values(cpuinfo, "flags")
    return "hypervisor" in flags[0].split() if flags else None


def memory(meminfo: str) -> Memory:
    """Total, available and swapped memory in /proc/meminfo."""
    total, available = _kib(meminfo, "MemTotal"), _kib(meminfo, "MemAvailable")
    swap_total, swap_free = _kib(meminfo, "SwapTotal"), _kib(meminfo, "SwapFree")
    swap_used = None if swap_total is None or swap_free is None else swap_total - swap_free
    return Memory(total_bytes=total, available_bytes=available, swap_used_bytes=swap_used)


def cpu_list(text: str) -> int | None:
    """How many CPUs a kernel list names: "0-3,8" (/sys/devices/system/cpu/online) is 5."""
    if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", text.strip()):
        return None
    ranges = [part.split("-") for part in text.strip().split(",")]
    return sum(int(ends[-1]) - int(ends[0]) + 1 for ends in ranges)


def cpus_allowed(status: str) -> int | None:
    """How many CPUs this process's affinity leaves it, by /proc/self/status."""
    lists = _values(status, "Cpus_allowed_list")
    return cpu_list(lists[0]) if lists else None


def cgroup_folders(cgroup: str) -> tuple[PurePosixPath, ...] | None:
    """The control groups that hold this process, innermost first, by /proc/self/cgroup; empty where there are none.

    None where CPU time is in the hands of a version 1 hierarchy, whose folders this text does not tell.
    """
    entries = [line.split(":", maxsplit=2) for line in cgroup.splitlines() if line.count(":") > 1]
    if any("cpu" in controllers.split(",") for _, controllers, _ in entries):
        return None
    inner = [PurePosixPath(path.removeprefix("/")) for number, _, path in entries if number == "0"]
    return (inner[0], *inner[0].parents) if inner else ()


def cpu_quota(cpu_max: str) -> float | None:
    """The CPUs' worth of time that a control group's cpu.max grants; None where it sets no limit."""
    match = re.fullmatch(r"(\d+) (\d+)", cpu_max.strip())
    return int(match[1]) / int(match[2]) if match and int(match[2]) else None


def system(os_release: str) -> System:
    """The distribution's name and version in /etc/os-release."""
    values: dict[str, str] = {}
    for line in os_release.splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values[name.strip()] = _unquoted(value.strip())
    return System(name=values.get("NAME") or None, version=values.get("VERSION_ID") or None)


def governor(scaling_governors: Iterable[str]) -> str | None:
    """The frequency governor of all CPUs; where they differ, each of them ("performance + powersave")."""
    return " + ".join(_distinct(text.strip() for text in scaling_governors)) or None


def load_1m(loadavg: str) -> float | None:
    """The one-minute load average in /proc/loadavg."""
    match = re.match(r"\d+\.\d+(?= )", loadavg)
    return float(match[0]) if match else None


def power_source(uevents: Iterable[str]) -> PowerSource | None:
    """Where the power comes from, by the `uevent` texts of all of /sys/class/power_supply.

    Batteries of scope "Device" belong to mice and headsets. A battery that is neither discharging nor beside a supply
    that says it is online stays unknown.
    """
    supplies = [dict(re.findall(r"^POWER_SUPPLY_(\w+)=(.*)$", text, re.MULTILINE)) for text in uevents]
    own = [one for one in supplies if one.get("SCOPE") != "Device"]
    if any(one.get("TYPE") in _ONLINE_SUPPLIES and one.get("ONLINE") in ("1", "2") for one in own):
        return PowerSource.AC
    batteries = [one for one in own if one.get("TYPE") == "Battery"]
    if any(one.get("STATUS") == "Discharging" for one in batteries):
        return PowerSource.BATTERY
    return None if batteries else PowerSource.NO_BATTERY


def thermal(cooling_devices: Sequence[tuple[str, str]]) -> Thermal | None:
    """Whether the kernel cools the CPU by slowing it, by `type` and `cur_state` of its cooling devices.

    None where no cooling device is the CPU's. What the hardware does by itself the kernel does not say here.
    """
    states = [int(state) for kind, state in cooling_devices if _CPU_COOLING.fullmatch(kind) and _is_integer(state)]
    if not states:
        return None
    active = sum(state > 0 for state in states)
    text = f"{active} of {len(states)} CPU cooling devices active" if active else "no CPU cooling active"
    return Thermal(limited=active > 0, text=text)


def nvidia_driver_gpu(information: str) -> Gpu | None:
    """The GPU that one /proc/driver/nvidia/gpus/*/information describes; None for one that the driver leaves alone."""
    models = _values(information, "Model")
    return Gpu(model=models[0]) if models and _values(information, "GPU Excluded") != ["Yes"] else None


def nvidia_smi_gpus(names: str) -> tuple[Gpu, ...]:
    """The GPUs that `nvidia-smi --query-gpu=name --format=csv,noheader` lists, one a line."""
    return tuple(Gpu(model=line.strip()) for line in names.splitlines() if line.strip())


def _values(text: str, key: str) -> list[str]:
    """Every non-empty value of `key : value` lines, runs of blanks made one."""
    found = re.findall(rf"^{re.escape(key)}[ \t]*:[ \t]*(\S.*)$", text, re.MULTILINE)
    return [" ".join(value.split()) for value in found]


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value})


def _kib(meminfo: str, key: str) -> int | None:
    match = re.search(rf"^{key}:\s+(\d+) kB$", meminfo, re.MULTILINE)
    return int(match[1]) * _KIB if match else None


def _is_integer(text: str) -> bool:
    return re.fullmatch(r"-?\d+", text) is not None


def _unquoted(value: str) -> str:
    """A value as a shell would read it; as it stands where a shell could not."""
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value
