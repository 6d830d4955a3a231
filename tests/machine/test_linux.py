from pathlib import PurePosixPath

import pytest

from harness.machine import linux
from harness.machine.facts import Gpu, Memory, PowerSource, System, Thermal

XEON = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 167
model name\t: Intel(R) Xeon(R) Processor
cpu MHz\t\t: 2700.000
flags\t\t: fpu vme de pse tsc msr x2apic movbe hypervisor lahf_lm abm
power management:

processor\t: 1
vendor_id\t: GenuineIntel
cpu family\t: 6
model name\t: Intel(R) Xeon(R) Processor
cpu MHz\t\t: 3100.000
flags\t\t: fpu vme de pse tsc msr x2apic movbe hypervisor lahf_lm abm
power management:
"""
RYZEN = """processor\t: 0
vendor_id\t: AuthenticAMD
model name\t: AMD Ryzen 9 7950X   16-Core Processor
flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic
"""
BIG_LITTLE = "".join(
    f"processor\t: {number}\nBogoMIPS\t: 48.00\nFeatures\t: fp asimd evtstrm aes\nCPU implementer\t: 0x41\n"
    f"CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: {part}\nCPU revision\t: 0\n\n"
    for number, part in enumerate(["0xd05", "0xd05", "0xd0a", "0xd05"])
)
POWER9 = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 3800.000000MHz\n"
MEMINFO = """MemTotal:       24684096 kB
MemFree:          384760 kB
MemAvailable:   20096532 kB
SwapCached:            0 kB
SwapTotal:       2097148 kB
SwapFree:        1597148 kB
"""
H200_INFORMATION = """Model: \t\t NVIDIA H200
IRQ:   \t\t 41
Video BIOS: \t 96.00.a5.00.1a
Bus Type: \t PCIe
GPU Excluded:\t No
"""
MAINS = "POWER_SUPPLY_NAME=AC\nPOWER_SUPPLY_TYPE=Mains\nPOWER_SUPPLY_ONLINE={}\n"
BATTERY = "POWER_SUPPLY_NAME=BAT0\nPOWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_STATUS={}\nPOWER_SUPPLY_PRESENT=1\n"
MOUSE = (
    "POWER_SUPPLY_NAME=hidpp_battery_0\nPOWER_SUPPLY_TYPE=Battery\n"
    "POWER_SUPPLY_ONLINE=1\nPOWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_SCOPE=Device\n"
)


@pytest.mark.parametrize(
    ("cpuinfo", "model"),
    [
        (XEON, "Intel(R) Xeon(R) Processor"),
        (RYZEN, "AMD Ryzen 9 7950X 16-Core Processor"),
        (POWER9, "POWER9, altivec supported"),
        (BIG_LITTLE, "ARM implementer 0x41 part 0xd05 + ARM implementer 0x41 part 0xd0a"),
        ("processor\t: 0\nCPU implementer\t: 0x41\n", None),
        ("processor\t: 0\nmodel name\t:\nflags\t\t: fpu\n", None),
        ("", None),
    ],
)
def test_the_cpu_model_is_what_the_kernel_calls_it_or_unknown(cpuinfo, model):
    assert linux.cpu_model(cpuinfo) == model


def test_the_current_frequency_is_no_part_of_the_cpu_model():
    assert linux.cpu_model(XEON.replace("2700.000", "800.000")) == linux.cpu_model(XEON)


@pytest.mark.parametrize(("cpuinfo", "virtual"), [(XEON, True), (RYZEN, False), (BIG_LITTLE, None), ("", None)])
def test_a_virtual_machine_is_told_by_the_hypervisor_flag_where_there_are_flags(cpuinfo, virtual):
    assert linux.virtual_machine(cpuinfo) is virtual


def test_memory_is_in_bytes_and_swap_is_what_is_taken_of_it():
    expected = Memory(
        total_bytes=24684096 * 1024,
        available_bytes=20096532 * 1024,
        swap_used_bytes=500000 * 1024,
    )

    assert linux.memory(MEMINFO) == expected


def test_memory_that_the_kernel_does_not_tell_is_unknown_and_not_zero():
    assert linux.memory("MemTotal:       1024 kB\n") == Memory(total_bytes=1024 * 1024)
    assert linux.memory("") == Memory()


@pytest.mark.parametrize(
    ("text", "count"),
    [("0-1\n", 2), ("0\n", 1), ("0-3,8-11\n", 8), ("0,2,4-5", 4), ("", None), ("all", None), ("0-", None)],
)
def test_a_kernel_list_of_cpus_is_counted(text, count):
    assert linux.cpu_list(text) == count


def test_affinity_is_counted_from_the_process_status():
    assert linux.cpus_allowed("Name:\tcat\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,6\n") == 5
    assert linux.cpus_allowed("Name:\tcat\n") is None


@pytest.mark.parametrize(
    ("cgroup", "folders"),
    [
        ("0::/user.slice/user-1000.slice\n", ("user.slice/user-1000.slice", "user.slice", ".")),
        ("0::/\n", (".",)),
        ("1:name=systemd:/\n0::/a\n", ("a", ".")),
        ("", ()),
    ],
)
def test_the_control_groups_of_a_process_come_innermost_first(cgroup, folders):
    assert linux.cgroup_folders(cgroup) == tuple(PurePosixPath(folder) for folder in folders)


def test_version_1_control_groups_over_cpu_time_are_unknown():
    assert linux.cgroup_folders("4:cpu,cpuacct:/docker/0123\n0::/system.slice\n") is None


@pytest.mark.parametrize(
    ("text", "cpus"), [("200000 100000\n", 2.0), ("150000 100000\n", 1.5), ("max 100000\n", None), ("", None)]
)
def test_a_cpu_quota_is_a_number_of_cpus(text, cpus):
    assert linux.cpu_quota(text) == cpus


@pytest.mark.parametrize(
    ("os_release", "expected"),
    [
        (
            'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
            System(name="Debian GNU/Linux", version="12"),
        ),
        ("# made by hand\nNAME=Fedora\nVERSION_ID=43\n", System(name="Fedora", version="43")),
        ('NAME="Bob\'s Linux"\nBUILD_ID=rolling\n', System(name="Bob's Linux")),
        ("NAME=broken'quote\n", System(name="broken'quote")),
        ("", System()),
    ],
)
def test_the_distribution_is_named_as_it_names_itself(os_release, expected):
    assert linux.system(os_release) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["performance\n", "performance\n"], "performance"),
        (["powersave\n", "performance\n"], "performance + powersave"),
        (["", ""], None),
        ([], None),
    ],
)
def test_the_governor_names_every_one_in_use(texts, expected):
    assert linux.governor(texts) == expected


@pytest.mark.parametrize(("text", "load"), [("1.09 0.38 0.18 3/103 7926\n", 1.09), ("", None), ("n/a", None)])
def test_the_load_is_the_one_minute_average(text, load):
    assert linux.load_1m(text) == load


@pytest.mark.parametrize(
    ("uevents", "source"),
    [
        ([MAINS.format(1), BATTERY.format("Charging")], PowerSource.AC),
        ([MAINS.format(1), BATTERY.format("Discharging")], PowerSource.AC),
        ([MAINS.format(0), BATTERY.format("Discharging")], PowerSource.BATTERY),
        ([BATTERY.format("Full")], None),
        ([MOUSE], PowerSource.NO_BATTERY),
        ([MAINS.format(0), MOUSE], PowerSource.NO_BATTERY),
        ([], PowerSource.NO_BATTERY),
    ],
)
def test_the_power_source_is_the_machines_and_not_its_mouses(uevents, source):
    assert linux.power_source(uevents) == source


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ([("Processor", "0"), ("Processor", "0")], Thermal(limited=False, text="no CPU cooling active")),
        ([("Processor", "3"), ("Processor", "0")], Thermal(limited=True, text="1 of 2 CPU cooling devices active")),
        ([("cpufreq-cpu0", "2")], Thermal(limited=True, text="1 of 1 CPU cooling devices active")),
        ([("intel_powerclamp", "-1")], Thermal(limited=False, text="no CPU cooling active")),
        ([("Fan", "1"), ("iwlwifi_1", "4")], None),
        ([("Processor", "")], None),
        ([], None),
    ],
)
def test_heat_limits_the_cpu_only_where_a_cpu_cooling_device_is_active(devices, expected):
    assert linux.thermal(devices) == expected


def test_the_nvidia_driver_names_its_gpu():
    assert linux.nvidia_driver_gpu(H200_INFORMATION) == Gpu(model="NVIDIA H200")


@pytest.mark.parametrize("information", ["", H200_INFORMATION.replace("No", "Yes")])
def test_a_gpu_without_a_name_or_left_alone_by_the_driver_is_none(information):
    assert linux.nvidia_driver_gpu(information) is None


def test_nvidia_smi_lists_one_gpu_a_line():
    text = "NVIDIA H200\nNVIDIA H200\n\n"

    assert linux.nvidia_smi_gpus(text) == (Gpu(model="NVIDIA H200"), Gpu(model="NVIDIA H200"))
    assert linux.nvidia_smi_gpus("") == ()
