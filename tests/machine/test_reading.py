import json
import os
import sys

import pytest

from harness.machine import reading
from harness.machine.facts import Gpu, PowerSource, Thermal

CPUINFO = "processor\t: 0\nmodel name\t: AMD EPYC 9654 96-Core Processor\nflags\t\t: fpu vme\n"
MACOS_ANSWERS = {
    "sysctl": (
        "printf 'machdep.cpu.brand_string: Apple M2 Max\\nhw.ncpu: 12\\nhw.memsize: 34359738368\\n"
        "vm.loadavg: { 1.50 1.60 1.70 }\\n'; echo 'unknown oid' >&2; exit 1"
    ),
    "sw_vers": "printf 'ProductName:\\t\\tmacOS\\nProductVersion:\\t\\t14.5\\n'",
    "system_profiler": "echo '"
    + json.dumps({"SPDisplaysDataType": [{"sppci_model": "Apple M2 Max", "sppci_cores": "38"}]})
    + "'",
    "pmset": (
        'case "$2" in batt) echo "Now drawing from \'Battery Power\'";; '
        'therm) echo "CPU_Speed_Limit = 62";; *) echo " lowpowermode 1";; esac'
    ),
}


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Makes shell scripts the only programs on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def add(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return add


@pytest.fixture
def linux_root(tmp_path):
    """An empty Linux, and a way to put files into it."""
    root = tmp_path / "root"
    root.mkdir()

    def add(path, text):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
        return root

    return add


def test_a_program_answers_with_its_output_and_exit_code():
    answer = reading.run_program([sys.executable, "-c", "print('hello'); raise SystemExit(3)"])

    assert answer == reading.Answer(text="hello\n", exit_code=3)


def test_a_missing_program_gives_no_answer():
    assert reading.run_program(["no-such-program-anywhere"]) is None


def test_a_program_that_cannot_be_started_gives_no_answer(tmp_path):
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF and nothing else")
    broken.chmod(0o755)

    assert reading.run_program([str(broken)]) is None


def test_a_program_that_does_not_end_in_time_gives_no_answer():
    assert reading.run_program([sys.executable, "-c", "while True: pass"], timeout_s=0.0) is None


def test_a_program_runs_in_the_given_folder_with_the_given_environment(tmp_path):
    script = "import os; print(os.getcwd(), os.environ.get('MARK'), os.environ.get('LC_ALL'))"

    answer = reading.run_program([sys.executable, "-c", script], directory=tmp_path, env={"MARK": "here"})

    assert answer == reading.Answer(text=f"{tmp_path.resolve()} here None\n", exit_code=0)


def test_a_program_without_an_environment_of_its_own_prints_no_localised_numbers(monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")

    answer = reading.run_program([sys.executable, "-c", "import os; print(os.environ['LC_ALL'])"])

    assert answer == reading.Answer(text="C\n", exit_code=0)


def test_output_that_is_not_utf8_is_still_an_answer():
    answer = reading.run_program([sys.executable, "-c", r"import sys; sys.stdout.buffer.write(b'a\xffb')"])

    assert answer == reading.Answer(text="a\ufffdb", exit_code=0)


def test_linux_tells_its_identity_by_its_files(linux_root, programs):
    programs("unrelated", "true")
    linux_root("proc/cpuinfo", CPUINFO)
    linux_root("proc/meminfo", "MemTotal:       1056768 kB\n")
    linux_root("sys/devices/system/cpu/online", "0-191\n")
    root = linux_root("usr/lib/os-release", 'NAME="Ubuntu"\nVERSION_ID="24.04"\n')

    identity = reading.read_linux_identity(root)

    assert (identity.cpu, identity.cores) == ("AMD EPYC 9654 96-Core Processor", 192)
    assert identity.memory_bytes == 1056768 * 1024
    assert (identity.system.name, identity.system.version) == ("Ubuntu", "24.04")
    assert identity.gpus == ()


def test_linux_lists_the_nvidia_drivers_gpus_without_asking_nvidia_smi(linux_root, programs):
    programs("nvidia-smi", "echo NVIDIA Wrong")
    linux_root("proc/driver/nvidia/gpus/0000:00:06.0/information", "Model: \t\t NVIDIA H200\nIRQ: 41\n")
    root = linux_root("proc/driver/nvidia/gpus/0000:00:07.0/information", "Model: \t\t NVIDIA H200\nIRQ: 42\n")

    assert reading.read_linux_identity(root).gpus == (Gpu(model="NVIDIA H200"), Gpu(model="NVIDIA H200"))


@pytest.mark.parametrize(
    ("script", "gpus"),
    [
        ("echo NVIDIA GeForce RTX 4090", (Gpu(model="NVIDIA GeForce RTX 4090"),)),
        ("echo No devices were found; exit 6", ()),
    ],
)
def test_without_the_drivers_files_nvidia_smi_lists_the_gpus(linux_root, programs, script, gpus):
    programs("nvidia-smi", script)

    assert reading.read_linux_identity(linux_root("proc/cpuinfo", CPUINFO)).gpus == gpus


def test_an_nvidia_smi_that_gives_no_answer_leaves_the_gpus_unknown(linux_root, programs, tmp_path):
    programs("nvidia-smi", "true")
    (tmp_path / "bin/nvidia-smi").write_bytes(b"\x7fELF and nothing else")

    assert reading.read_linux_identity(linux_root("proc/cpuinfo", CPUINFO)).gpus is None


def test_linux_tells_its_state_by_its_files(linux_root):
    linux_root("proc/cpuinfo", CPUINFO)
    linux_root("proc/loadavg", "0.52 0.58 0.59 1/467 12345\n")
    linux_root("proc/self/status", "Cpus_allowed_list:\t0-7\n")
    linux_root("proc/self/cgroup", "0::/jobs/bench\n")
    linux_root("sys/fs/cgroup/jobs/cpu.max", "250000 100000\n")
    linux_root("sys/fs/cgroup/jobs/bench/cpu.max", "max 100000\n")
    linux_root("sys/devices/system/cpu/online", "0-15\n")
    linux_root("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave\n")
    linux_root("sys/class/power_supply/AC/uevent", "POWER_SUPPLY_TYPE=Mains\nPOWER_SUPPLY_ONLINE=1\n")
    linux_root("sys/class/thermal/cooling_device0/type", "Processor\n")
    root = linux_root("sys/class/thermal/cooling_device0/cur_state", "0\n")

    state = reading.read_linux_state(root)

    assert (state.cores, state.usable_cores, state.load_1m) == (16, 2.5, 0.52)
    assert (state.governor, state.power_source) == ("powersave", PowerSource.AC)
    assert state.thermal == Thermal(limited=False, text="no CPU cooling active")
    assert state.virtual_machine is False


def test_linux_without_its_files_tells_nothing(tmp_path):
    state = reading.read_linux_state(tmp_path)

    assert state.usable_cores is None
    assert (state.load_1m, state.governor, state.power_source, state.thermal) == (None, None, None, None)
    assert (state.memory.total_bytes, state.virtual_machine) == (None, None)


def test_macos_tells_its_identity_by_its_programs_even_when_sysctl_misses_a_key(programs):
    for name, script in MACOS_ANSWERS.items():
        programs(name, script)

    identity = reading.read_macos_identity()

    assert (identity.cpu, identity.cores, identity.memory_bytes) == ("Apple M2 Max", 12, 32 * 1024**3)
    assert (identity.system.name, identity.system.version) == ("macOS", "14.5")
    assert identity.gpus == (Gpu(model="Apple M2 Max", cores=38),)


def test_macos_tells_its_state_by_its_programs(programs):
    for name, script in MACOS_ANSWERS.items():
        programs(name, script)

    state = reading.read_macos_state()

    assert (state.cores, state.usable_cores, state.load_1m) == (12, 12, 1.5)
    assert (state.governor, state.power_source) == ("low power", PowerSource.BATTERY)
    assert state.thermal == Thermal(limited=True, text="speed limit 62 %")
    assert (state.memory.available_bytes or 0) > 0
    assert (state.memory.swap_used_bytes, state.virtual_machine) == (None, None)


def test_macos_without_its_programs_tells_nothing_of_its_hardware(programs):
    programs("system_profiler", "echo '{\"SPDisplaysDataType\": []}'; exit 1")

    identity = reading.read_macos_identity()

    assert (identity.cpu, identity.cores, identity.memory_bytes, identity.gpus) == (None, None, None, None)


def test_a_system_of_another_kind_has_no_gpus_that_can_be_known(monkeypatch):
    monkeypatch.setattr("platform.system", lambda: "FreeBSD")

    assert reading.read_identity().gpus is None
    assert (reading.read_state().memory.total_bytes or 0) > 0


def test_this_process_may_use_at_least_one_core_and_no_more_than_there_are():
    state = reading.read_state()

    assert state.usable_cores is None or 0 < state.usable_cores <= (state.cores or os.cpu_count() or 0)
