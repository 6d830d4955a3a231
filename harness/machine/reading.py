"""The only place of this folder that starts processes and opens files; the pure modules say what the texts mean."""

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import psutil

from harness.machine import linux, macos
from harness.machine.facts import Gpu, Identity, Memory, State, System

_ROOT = Path("/")
_TIMEOUT_S = 5.0
_PROFILER_TIMEOUT_S = 20.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a program printed on stdout, and how it ended."""

    text: str
    exit_code: int


def run_program(
    command: Sequence[str],
    *,
    timeout_s: float = _TIMEOUT_S,
    directory: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Answer | None:
    """What `command` answers; None where there is none, it cannot be started or does not end in time.

    Without `env` it runs in the C locale, because some programs print numbers in the user's language.
    """
    environment = dict(env) if env is not None else {**os.environ, "LC_ALL": "C"}
    program = shutil.which(command[0], path=environment.get("PATH", os.defpath))
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return None
    return Answer(text=done.stdout.decode(errors="replace"), exit_code=done.returncode)


def read_identity() -> Identity:
    """What makes this machine this machine."""
    if platform.system() == "Darwin":
        return read_macos_identity()
    return read_linux_identity() if platform.system() == "Linux" else _unknown_identity()


def read_state() -> State:
    """How this machine is at this moment."""
    if platform.system() == "Darwin":
        return read_macos_state()
    return read_linux_state() if platform.system() == "Linux" else _unknown_state()


def read_linux_identity(root: Path = _ROOT) -> Identity:
    """The identity that the files under `root` tell; GPUs also by nvidia-smi."""
    system = linux.system(_text(root / "etc/os-release") or _text(root / "usr/lib/os-release"))
    return Identity(
        cpu=linux.cpu_model(_text(root / "proc/cpuinfo")),
        cores=_linux_cores(root),
        memory_bytes=linux.memory(_text(root / "proc/meminfo")).total_bytes,
        system=System(name=system.name or platform.system(), version=system.version),
        kernel=_kernel(),
        gpus=_nvidia_gpus(root),
    )


def read_linux_state(root: Path = _ROOT) -> State:
    """The state that the files under `root` tell."""
    cpuinfo = _text(root / "proc/cpuinfo")
    governors = sorted((root / "sys/devices/system/cpu/cpufreq").glob("policy*/scaling_governor"))
    supplies = root / "sys/class/power_supply"
    cooling = sorted((root / "sys/class/thermal").glob("cooling_device*"))
    uevents = [_text(one) for one in sorted(supplies.glob("*/uevent"))]
    return State(
        cores=_linux_cores(root),
        usable_cores=_usable_cores(root),
        load_1m=linux.load_1m(_text(root / "proc/loadavg")),
        governor=linux.governor(_text(one) for one in governors),
        power_source=linux.power_source(uevents) if supplies.is_dir() else None,
        thermal=linux.thermal([(_text(one / "type").strip(), _text(one / "cur_state").strip()) for one in cooling]),
        memory=linux.memory(_text(root / "proc/meminfo")),
        virtual_machine=linux.virtual_machine(cpuinfo),
    )


def read_macos_identity() -> Identity:
    """The identity that macOS's programs tell; `system_profiler` takes most of a second."""
    values = _sysctl()
    system = macos.system(_printed("sw_vers"))
    displays = _printed("system_profiler", "SPDisplaysDataType", "-json", timeout_s=_PROFILER_TIMEOUT_S)
    return Identity(
        cpu=values.cpu,
        cores=values.cores,
        memory_bytes=values.memory_bytes,
        system=System(name=system.name or platform.system(), version=system.version),
        kernel=_kernel(),
        gpus=macos.gpus(displays),
    )


def read_macos_state() -> State:
    """The state that macOS's programs tell."""
    values = _sysctl()
    return State(
        cores=values.cores,
        usable_cores=values.cores,  # macOS has neither affinity nor quotas
        load_1m=values.load_1m,
        governor=macos.power_mode(_printed("pmset", "-g")),
        power_source=macos.power_source(_printed("pmset", "-g", "batt")),
        thermal=macos.thermal(_printed("pmset", "-g", "therm")),
        memory=Memory(
            total_bytes=values.memory_bytes,
            available_bytes=psutil.virtual_memory().available,
            swap_used_bytes=values.swap_used_bytes,
        ),
        virtual_machine=values.virtual_machine,
    )


def _unknown_identity() -> Identity:
    total_bytes = psutil.virtual_memory().total
    system = System(name=platform.system() or None)
    return Identity(cores=psutil.cpu_count(), memory_bytes=total_bytes, system=system, kernel=_kernel())


def _unknown_state() -> State:
    memory = psutil.virtual_memory()
    return State(cores=psutil.cpu_count(), memory=Memory(total_bytes=memory.total, available_bytes=memory.available))


def _kernel() -> str:
    return f"{platform.system()} {platform.release()}"


def _text(path: Path) -> str:
    """The file's text; empty where it cannot be read, which no parser takes for a fact."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _printed(*command: str, timeout_s: float = _TIMEOUT_S) -> str:
    """What a program that succeeds prints; empty otherwise, which no parser takes for a fact."""
    answer = run_program(command, timeout_s=timeout_s)
    return answer.text if answer and answer.exit_code == 0 else ""


def _sysctl() -> macos.Sysctl:
    # It fails when one key is unknown, but answers the others all the same.
    answer = run_program(("sysctl", *macos.SYSCTL_KEYS))
    return macos.sysctl(answer.text if answer else "")


def _linux_cores(root: Path) -> int | None:
    # Not os.cpu_count: from Python 3.13 on a variable of the environment can change that.
    return linux.cpu_list(_text(root / "sys/devices/system/cpu/online")) or psutil.cpu_count()


def _usable_cores(root: Path) -> float | None:
    groups = linux.cgroup_folders(_text(root / "proc/self/cgroup"))
    allowed = linux.cpus_allowed(_text(root / "proc/self/status"))
    if groups is None or allowed is None:
        return None
    quotas = [linux.cpu_quota(_text(root / "sys/fs/cgroup" / group / "cpu.max")) for group in groups]
    return min([allowed, *(quota for quota in quotas if quota is not None)])


def _nvidia_gpus(root: Path) -> tuple[Gpu, ...] | None:
    """The NVIDIA GPUs; empty where there are none, None where nvidia-smi gives no answer in time.

    The driver's files come first: they are there at once, while nvidia-smi first wakes every sleeping GPU, and an
    identity must not depend on how long that takes.
    """
    files = sorted((root / "proc/driver/nvidia/gpus").glob("*/information"))
    listed = tuple(gpu for file in files if (gpu := linux.nvidia_driver_gpu(_text(file))))
    if listed or shutil.which("nvidia-smi") is None:
        return listed
    answer = run_program(("nvidia-smi", "--query-gpu=name", "--format=csv,noheader"))
    if answer is None:
        return None
    return linux.nvidia_smi_gpus(answer.text) if answer.exit_code == 0 else ()
