"""What can be said of a machine, the same words for every system. Types only: nothing here reads anything."""

from enum import StrEnum

import msgspec


class PowerSource(StrEnum):
    """Where the power comes from; `NO_BATTERY` is a machine that has none to run down."""

    AC = "AC"
    BATTERY = "battery"
    UPS = "UPS"
    NO_BATTERY = "no battery"


class Thermal(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the system slows the CPU for heat, in its own words (`text`)."""

    limited: bool
    text: str


class Gpu(msgspec.Struct, frozen=True, kw_only=True):
    """One GPU. `metal` comes with the system's version, so it is shown but is no part of `model_name`."""

    model: str
    cores: int | None = None
    metal: str | None = None

    @property
    def model_name(self) -> str:
        """What does not change while the machine stays the same: "Apple M2 Max (38 cores)"."""
        return f"{self.model} ({self.cores} cores)" if self.cores else self.model

    @property
    def text(self) -> str:
        """Everything known, for people: "Apple M2 Max (38 cores, Metal 3)"."""
        details = [f"{self.cores} cores" if self.cores else "", self.metal or ""]
        shown = ", ".join(one for one in details if one)
        return f"{self.model} ({shown})" if shown else self.model


class System(msgspec.Struct, frozen=True, kw_only=True):
    """The operating system's name ("macOS", "Debian GNU/Linux") and version, without the kernel."""

    name: str | None = None
    version: str | None = None


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Memory in bytes; `available` is what a program can get without swapping."""

    total_bytes: int | None = None
    available_bytes: int | None = None
    swap_used_bytes: int | None = None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What makes this machine this machine; None is unreadable, an empty `gpus` is a machine without one."""

    cpu: str | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    system: System = System()
    kernel: str | None = None
    gpus: tuple[Gpu, ...] | None = None


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How the machine is at this moment; None is unreadable.

    `usable_cores` is what affinity and quota leave to this process, which says nothing about the machine's identity.
    `governor` is the frequency policy: Linux's governor(s), or macOS's power mode.
    """

    cores: int | None = None
    usable_cores: float | None = None
    load_1m: float | None = None
    governor: str | None = None
    power_source: PowerSource | None = None
    thermal: Thermal | None = None
    memory: Memory = Memory()
    virtual_machine: bool | None = None
