"""What macOS's own programs print (sysctl, sw_vers, system_profiler, pmset) into facts.

Pure: text in, None for what it lacks, so it is tested wherever the tests run.
"""

import re

import msgspec

from harness.machine.facts import Gpu, PowerSource, System, Thermal

SYSCTL_KEYS = (
    "machdep.cpu.brand_string",
    "hw.ncpu",
    "hw.memsize",
    "kern.hv_vmm_present",
    "vm.loadavg",
    "vm.swapusage",
)
"""What to ask `sysctl` for; a key that a system does not know is absent from its answer."""

_UNITS = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_FULL_SPEED_PERCENT = 100
_POWER_MODES = {"0": "automatic", "1": "low power", "2": "high power"}
_SOURCES = {"AC Power": PowerSource.AC, "Battery Power": PowerSource.BATTERY, "UPS Power": PowerSource.UPS}


class Sysctl(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that one call of `sysctl` gives."""

    cpu: str | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    virtual_machine: bool | None = None
    load_1m: float | None = None
    swap_used_bytes: int | None = None


class _Display(msgspec.Struct):
    model: str = msgspec.field(default="", name="sppci_model")
    name: str = msgspec.field(default="", name="_name")
    cores: str = msgspec.field(default="", name="sppci_cores")
    metal: str = msgspec.field(default="", name="spdisplays_mtlgpufamilysupport")


class _Displays(msgspec.Struct):
    displays: list[_Display] = msgspec.field(name="SPDisplaysDataType")


def sysctl(text: str) -> Sysctl:
    """The facts in `key: value` lines of `sysctl` (SYSCTL_KEYS, or all of `sysctl -a`)."""
    values = _values(text)
    return Sysctl(
        cpu=values.get("machdep.cpu.brand_string"),
        cores=_integer(values.get("hw.ncpu", "")),
        memory_bytes=_integer(values.get("hw.memsize", "")),
        virtual_machine={"0": False, "1": True}.get(values.get("kern.hv_vmm_present", "")),
        load_1m=_load_1m(values.get("vm.loadavg", "")),
        swap_used_bytes=_swap_used_bytes(values.get("vm.swapusage", "")),
    )


def system(sw_vers: str) -> System:
    """The system's name and version as `sw_vers` prints them."""
    values = _values(sw_vers)
    return System(name=values.get("ProductName"), version=values.get("ProductVersion"))


def gpus(system_profiler: str) -> tuple[Gpu, ...] | None:
    """The GPUs in `system_profiler SPDisplaysDataType -json`; None for anything else.

    Cores are kept because chips of one name are sold with several counts.
    """
    try:
        displays = msgspec.json.decode(system_profiler.encode(), type=_Displays).displays
    except msgspec.DecodeError:
        return None
    return tuple(_gpu(one) for one in displays if one.model or one.name)


def power_source(pmset_batt: str) -> PowerSource | None:
    """Where the power comes from, by the first line of `pmset -g batt`."""
    match = re.search(r"drawing from '([^']*)'", pmset_batt)
    return _SOURCES.get(match[1]) if match else None


def thermal(pmset_therm: str) -> Thermal | None:
    """Whether the system slows the CPU for heat, by `pmset -g therm`.

    Intel prints limits in percent of full speed; Apple silicon prints a note that no warning was recorded, or a level.
    """
    limits = {name: int(value) for name, value in re.findall(r"CPU_(S\w+)_Limit\s*=\s*(\d+)", pmset_therm)}
    lowered = [f"{name.lower()} limit {value} %" for name, value in limits.items() if value < _FULL_SPEED_PERCENT]
    levels = [int(level) for level in re.findall(r"(?i)warning level\s*=\s*(\d+)", pmset_therm)]
    if any(levels):
        lowered.append(f"warning level {max(levels)}")
    if lowered:
        return Thermal(limited=True, text=", ".join(lowered))
    calm = limits or levels or "No thermal warning level has been recorded" in pmset_therm
    return Thermal(limited=False, text="nominal") if calm else None


def power_mode(pmset: str) -> str | None:
    """The power mode that `pmset -g` shows as in use: "automatic", "low power" or "high power"."""
    match = re.search(r"^\s*(?:low)?powermode\s+(\d)\s*$", pmset, re.MULTILINE)
    return _POWER_MODES.get(match[1]) if match else None


def _values(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.]+):[ \t]*(\S.*?)[ \t]*$", text, re.MULTILINE))


def _integer(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _load_1m(text: str) -> float | None:
    # In many locales the decimal mark is a comma: "{ 1,50 1,60 1,70 }".
    match = re.match(r"\{ (\d+)[.,](\d+) ", text)
    return float(f"{match[1]}.{match[2]}") if match else None


def _swap_used_bytes(text: str) -> int | None:
    match = re.search(r"\bused = (\d+)[.,](\d+)([KMGT])", text)
    return round(float(f"{match[1]}.{match[2]}") * _UNITS[match[3]]) if match else None


def _gpu(display: _Display) -> Gpu:
    family = display.metal.removeprefix("spdisplays_")
    version = re.fullmatch(r"metal(\d+)", family)
    metal = f"Metal {version[1]}" if version else family or None
    return Gpu(model=display.model or display.name, cores=_integer(display.cores), metal=metal)
