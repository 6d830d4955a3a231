import pytest
from msgspec import structs

from harness.machine.condition import Condition, Level, findings, read_condition
from harness.machine.facts import Memory, PowerSource, State, Thermal

GIB = 1024**3
FIT = State(
    cores=12,
    usable_cores=12,
    load_1m=1.5,
    governor="performance",
    power_source=PowerSource.AC,
    thermal=Thermal(limited=False, text="nominal"),
    memory=Memory(total_bytes=32 * GIB, available_bytes=20 * GIB, swap_used_bytes=0),
    virtual_machine=False,
)


def warnings_of(**changes):
    state = structs.replace(FIT, **changes)
    return [one for one in findings(Condition(state=state)) if one.level is Level.WARNING]


def memory(**changes):
    return structs.replace(FIT.memory, **changes)


def test_a_machine_at_rest_is_fit_and_needs_no_advice():
    found = findings(Condition(state=FIT))

    assert {one.level for one in found} == {Level.OK}
    assert {one.advice for one in found} == {""}


def test_what_cannot_be_read_is_unknown_and_never_ok():
    found = findings(Condition(state=State()))

    assert [one.level for one in found] == [Level.OK] + [Level.UNKNOWN] * 8  # nobody else measures: that is known
    assert all(one.advice for one in found[1:])


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"load_1m": 2.5}, "load average 2.50 on 12 cores"),
        ({"load_1m": 0.6, "cores": 2, "usable_cores": 2}, "load average 0.60 on 2 cores"),
        ({"usable_cores": 2.5}, "only 2.5 of 12 cores may be used (affinity or control group)"),
        ({"governor": "powersave"}, "CPU frequency governor: powersave"),
        ({"governor": "performance + powersave"}, "CPU frequency governor: performance + powersave"),
        ({"governor": "low power"}, "low power mode is on"),
        ({"power_source": PowerSource.BATTERY}, "power source: battery"),
        ({"power_source": PowerSource.UPS}, "power source: UPS"),
        ({"thermal": Thermal(limited=True, text="speed limit 62 %")}, "thermal state: speed limit 62 %"),
        ({"memory": memory(available_bytes=6 * GIB)}, "6.0 of 32.0 GiB memory available"),
        ({"memory": memory(swap_used_bytes=GIB)}, "1.00 GiB swap in use"),
        ({"virtual_machine": True}, "this is a virtual machine"),
    ],
)
def test_each_thing_that_disturbs_measuring_is_one_warning_with_advice(changes, what):
    found = warnings_of(**changes)

    assert [one.what for one in found] == [what]
    assert found[0].advice


def test_another_measurement_is_named():
    found = findings(Condition(state=FIT, measuring="keccakf of process 4711"))

    assert found[0].level is Level.WARNING
    assert "keccakf of process 4711" in found[0].what


@pytest.mark.parametrize(
    "changes",
    [
        {"load_1m": 2.4},
        {"load_1m": 0.5, "cores": 1, "usable_cores": 1},
        {"governor": "automatic"},
        {"power_source": PowerSource.NO_BATTERY},
        {"memory": memory(available_bytes=7 * GIB, swap_used_bytes=GIB // 4)},
    ],
)
def test_what_every_machine_shows_at_rest_is_no_warning(changes):
    assert warnings_of(**changes) == []


def test_this_machines_condition_is_readable_where_it_must_be():
    condition = read_condition(measuring="another")

    assert condition.measuring == "another"
    assert (condition.state.cores or 0) >= 1
    assert 0 < (condition.state.memory.available_bytes or 0) <= (condition.state.memory.total_bytes or 0)
    assert all(one.what for one in findings(condition))
