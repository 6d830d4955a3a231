import json

import pytest

from harness.machine import macos
from harness.machine.facts import Gpu, PowerSource, System, Thermal

SYSCTL_M2_MAX = """machdep.cpu.brand_string: Apple M2 Max
hw.ncpu: 12
hw.physicalcpu: 12
hw.memsize: 34359738368
kern.hv_vmm_present: 0
vm.loadavg: { 1.50 1.60 1.70 }
vm.swapusage: total = 2048.00M  used = 1024.25M  free = 1023.75M  (encrypted)
"""
SW_VERS = "ProductName:\t\tmacOS\nProductVersion:\t\t14.5\nBuildVersion:\t\t23F79\n"
M2_MAX_DISPLAY = {
    "_name": "Apple M2 Max",
    "spdisplays_mtlgpufamilysupport": "spdisplays_metal3",
    "spdisplays_ndrvs": [
        {
            "_name": "Color LCD",
            "_spdisplays_pixels": "3456 x 2234",
            "spdisplays_connection_type": "spdisplays_internal",
            "spdisplays_main": "spdisplays_yes",
        }
    ],
    "spdisplays_vendor": "sppci_vendor_Apple",
    "sppci_bus": "spdisplays_builtin",
    "sppci_cores": "38",
    "sppci_device_type": "spdisplays_gpu",
    "sppci_model": "Apple M2 Max",
}
RADEON_DISPLAY = {
    "_name": "kHW_AMDRadeonPro5500MItem",
    "spdisplays_mtlgpufamilysupport": "spdisplays_mtlgpufamilymac2",
    "spdisplays_vram": "8 GB",
    "sppci_model": "AMD Radeon Pro 5500M",
}
BATT_LAPTOP = (
    "Now drawing from '{}'\n -InternalBattery-0 (id=21758051)\t87%; discharging; 3:52 remaining present: true\n"
)
THERM_QUIET = """Note: No thermal warning level has been recorded
Note: No performance warning level has been recorded
Note: No CPU power status has been recorded
"""
THERM_INTEL = """Note: No thermal warning level has been recorded
Note: No performance warning level has been recorded
2024-05-20 05:08:37 -0700 CPU Power notify
\tCPU_Scheduler_Limit \t= {}
\tCPU_Available_CPUs \t= 12
\tCPU_Speed_Limit \t= {}
"""
PMSET = """System-wide power settings:
Currently in use:
 standby              1
 sleep                1 (sleep prevented by powerd)
 {}
 displaysleep         10
"""


def test_sysctl_gives_cpu_cores_memory_load_and_swap():
    expected = macos.Sysctl(
        cpu="Apple M2 Max",
        cores=12,
        memory_bytes=32 * 1024**3,
        virtual_machine=False,
        load_1m=1.5,
        swap_used_bytes=1_074_003_968,
    )

    assert macos.sysctl(SYSCTL_M2_MAX) == expected


def test_sysctl_numbers_with_a_decimal_comma_are_the_same_numbers():
    assert macos.sysctl("vm.loadavg: { 1,50 1,60 1,70 }\n").load_1m == 1.5
    assert macos.sysctl("vm.swapusage: total = 2,00G  used = 1,50G  free = 0,50G\n").swap_used_bytes == 1536 * 1024**2


@pytest.mark.parametrize("text", ["", "hw.memsize: many\nhw.ncpu:\nvm.loadavg: { }\nvm.swapusage: none\n"])
def test_keys_that_sysctl_does_not_answer_are_unknown(text):
    assert macos.sysctl(text) == macos.Sysctl()


def test_the_system_is_its_product_name_and_version():
    assert macos.system(SW_VERS) == System(name="macOS", version="14.5")
    assert macos.system("") == System()


def test_a_gpu_has_its_model_cores_and_metal_family():
    text = json.dumps({"SPDisplaysDataType": [M2_MAX_DISPLAY, RADEON_DISPLAY]})

    assert macos.gpus(text) == (
        Gpu(model="Apple M2 Max", cores=38, metal="Metal 3"),
        Gpu(model="AMD Radeon Pro 5500M", metal="mtlgpufamilymac2"),
    )


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"SPDisplaysDataType": 3}'])
def test_displays_that_cannot_be_read_are_unknown(text):
    assert macos.gpus(text) is None


def test_a_mac_that_lists_no_gpu_has_none():
    assert macos.gpus('{"SPDisplaysDataType": [{"spdisplays_vendor": "sppci_vendor_Apple"}]}') == ()


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (BATT_LAPTOP.format("AC Power"), PowerSource.AC),
        (BATT_LAPTOP.format("Battery Power"), PowerSource.BATTERY),
        ("Now drawing from 'UPS Power'\n", PowerSource.UPS),
        ("Now drawing from 'AC Power'\n", PowerSource.AC),
        (BATT_LAPTOP.format("Sun"), None),
        ("", None),
    ],
)
def test_the_power_source_is_what_pmset_says_it_draws_from(text, source):
    assert macos.power_source(text) == source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (THERM_QUIET, Thermal(limited=False, text="nominal")),
        (THERM_INTEL.format(100, 100), Thermal(limited=False, text="nominal")),
        (THERM_INTEL.format(100, 62), Thermal(limited=True, text="speed limit 62 %")),
        (THERM_INTEL.format(80, 62), Thermal(limited=True, text="scheduler limit 80 %, speed limit 62 %")),
        ("2024-05-20 05:08:37 -0700 Thermal Warning Level = 1\n", Thermal(limited=True, text="warning level 1")),
        ("Thermal Warning Level = 0\n", Thermal(limited=False, text="nominal")),
        ("Note: No CPU power status has been recorded\n", None),
        ("", None),
    ],
)
def test_heat_limits_the_machine_where_pmset_shows_a_limit_or_a_warning(text, expected):
    assert macos.thermal(text) == expected


@pytest.mark.parametrize(
    ("line", "mode"),
    [
        ("lowpowermode         0", "automatic"),
        ("lowpowermode         1", "low power"),
        ("powermode            2", "high power"),
        ("powernap             1", None),
        ("powermode            9", None),
    ],
)
def test_the_power_mode_is_the_one_in_use(line, mode):
    assert macos.power_mode(PMSET.format(line)) == mode
