import hashlib
import platform
import re
import socket

import pytest
from msgspec import structs

from harness.errors import ConfigError
from harness.machine.facts import Gpu, Identity, PowerSource, State, System, Thermal
from harness.machine.host import describe_host, host_id, read_host
from harness.recording.manifest import Host

GIB = 1024**3
M2_MAX = Identity(
    cpu="Apple M2 Max",
    cores=12,
    memory_bytes=32 * GIB,
    system=System(name="macOS", version="14.5"),
    kernel="Darwin 23.5.0",
    gpus=(Gpu(model="Apple M2 Max", cores=38, metal="Metal 3"),),
)
FACTS = {"cpu": "Apple M2 Max", "cores": 12, "memory_bytes": 32 * GIB, "os": "macOS", "gpus": ["Apple M2 Max"]}


def id_of(identity, state=None):
    return describe_host(identity, state or State(), override_id=None).id


def test_the_id_is_16_hex_digits_of_a_hash_of_the_facts():
    text = b'["Apple M2 Max", 12, 32, "macOS", ["Apple M2 Max"]]'

    assert host_id(**FACTS) == hashlib.sha256(text).hexdigest()[:16]


@pytest.mark.parametrize(
    "change",
    [
        {"cpu": "Apple M2 Pro"},
        {"cores": 10},
        {"memory_bytes": 64 * GIB},
        {"os": "Asahi"},
        {"gpus": []},
        {"gpus": ["Apple M2 Max", "Apple M2 Max"]},
    ],
)
def test_each_fact_makes_another_id(change):
    assert host_id(**{**FACTS, **change}) != host_id(**FACTS)


def test_memory_that_a_firmware_update_takes_does_not_change_the_id():
    assert host_id(**{**FACTS, "memory_bytes": 32 * GIB - 300 * 1024**2}) == host_id(**FACTS)


def test_the_order_of_gpus_does_not_change_the_id():
    two = ["NVIDIA H200", "NVIDIA A100"]

    assert host_id(**{**FACTS, "gpus": two}) == host_id(**{**FACTS, "gpus": two[::-1]})


def test_an_update_of_the_system_does_not_change_the_id():
    updated = structs.replace(
        M2_MAX,
        system=System(name="macOS", version="26.0"),
        kernel="Darwin 25.0.0",
        gpus=(Gpu(model="Apple M2 Max", cores=38, metal="Metal 4"),),
    )

    assert id_of(updated) == id_of(M2_MAX)


def test_the_state_of_the_machine_does_not_change_the_id():
    assert id_of(M2_MAX, State(load_1m=9.0, governor="low power", usable_cores=2)) == id_of(M2_MAX)


def test_chips_of_one_name_with_other_gpu_cores_are_other_machines():
    smaller = structs.replace(M2_MAX, gpus=(Gpu(model="Apple M2 Max", cores=30, metal="Metal 3"),))

    assert id_of(smaller) != id_of(M2_MAX)


@pytest.mark.parametrize("unknown", ["cpu", "cores", "memory_bytes", "gpus"])
def test_a_machine_with_an_unknown_in_its_identity_has_no_id_but_a_given_one(unknown):
    identity = structs.replace(M2_MAX, **{unknown: None})

    assert id_of(identity) is None
    assert describe_host(identity, State(), override_id="m2-max").id == "m2-max"


def test_a_host_has_every_fact_in_words():
    state = State(
        load_1m=1.5,
        governor="automatic",
        power_source=PowerSource.AC,
        thermal=Thermal(limited=False, text="nominal"),
    )

    assert describe_host(M2_MAX, state, override_id="lab") == Host(
        id="lab",
        cpu="Apple M2 Max",
        cores=12,
        memory_bytes=32 * GIB,
        os="macOS",
        os_version="14.5",
        kernel="Darwin 23.5.0",
        gpus=("Apple M2 Max (38 cores, Metal 3)",),
        governor="automatic",
        load_1m=1.5,
        power_source="AC",
        thermal_state="nominal",
    )


@pytest.mark.parametrize("name", ["", ".hidden", "-x", "two words", "a/b", "name\n", "é", "x" * 65])
def test_an_override_that_is_no_name_is_refused(name):
    with pytest.raises(ConfigError, match="cannot name a host"):
        read_host(name)


@pytest.mark.parametrize("name", ["m", "M2.max_lab-1", "x" * 64])
def test_an_override_names_this_machine(name):
    assert read_host(name).id == name


def test_this_machine_keeps_its_id_and_has_plausible_facts():
    first, second = read_host(), read_host()

    assert first.id == second.id
    assert re.fullmatch(r"[0-9a-f]{16}", first.id or "")
    assert first.cpu
    assert 1 <= (first.cores or 0) <= 4096
    assert GIB // 4 <= (first.memory_bytes or 0) <= 2**46
    assert first.os
    assert platform.release() in (first.kernel or "")
    assert first.load_1m is None or first.load_1m >= 0
    assert socket.gethostname() not in (first.id, first.cpu, first.os)
