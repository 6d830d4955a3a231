"""Which machine this is: its id, and the facts of it that a recording keeps."""

import hashlib
import json
import re
from collections.abc import Iterable

from harness.errors import ConfigError
from harness.machine.facts import Identity, State
from harness.machine.reading import read_identity, read_state
from harness.recording.manifest import Host

HOST_ID_DIGITS = 16
_GIB = 1024**3
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def read_host(override_id: str | None = None) -> Host:
    """This machine as it is now, under `override_id` or else the id that its facts give.

    Raises ConfigError for an `override_id` that is no name.
    """
    if override_id is not None:
        check_host_name(override_id)
    return describe_host(read_identity(), read_state(), override_id=override_id)


def check_host_name(name: str) -> None:
    """Raise ConfigError unless `name` can name a host (as a label is written)."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot name a host.",
            hint="Use 1 to 64 letters, digits, dots, underscores and hyphens, beginning with a letter or digit.",
        )


def describe_host(identity: Identity, state: State, *, override_id: str | None) -> Host:
    """The manifest's host. Its id is None where a fact that makes the id could not be read and nobody gave one."""
    return Host(
        id=override_id or _id_of(identity),
        cpu=identity.cpu,
        cores=identity.cores,
        memory_bytes=identity.memory_bytes,
        os=identity.system.name,
        os_version=identity.system.version,
        kernel=identity.kernel,
        gpus=tuple(gpu.text for gpu in identity.gpus or ()),
        governor=state.governor,
        load_1m=state.load_1m,
        power_source=state.power_source.value if state.power_source else None,
        thermal_state=state.thermal.text if state.thermal else None,
    )


def host_id(*, cpu: str, cores: int, memory_bytes: int, os: str, gpus: Iterable[str]) -> str:
    """16 hex digits that stay the same while the hardware and the system's name do.

    Memory counts in whole GiB, because what the firmware leaves of it changes a little with updates; the order of
    GPUs does not count. Hostname, kernel and frequency are not asked: they change on an unchanged machine.
    """
    facts = [cpu, cores, round(memory_bytes / _GIB), os, sorted(gpus)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:HOST_ID_DIGITS]


def _id_of(identity: Identity) -> str | None:
    """The id, or None: with an unknown in it, different machines would share one."""
    cpu, cores, memory_bytes, os = identity.cpu, identity.cores, identity.memory_bytes, identity.system.name
    if cpu is None or cores is None or memory_bytes is None or os is None or identity.gpus is None:
        return None
    models = [gpu.model_name for gpu in identity.gpus]
    return host_id(cpu=cpu, cores=cores, memory_bytes=memory_bytes, os=os, gpus=models)
