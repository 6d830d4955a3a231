"""The manifest of a recording (`recording.json`): facts only, collected at the rim and passed in.

Every type is a frozen struct; `to_json` and `from_json` are the only way in and out. A recording's id is the first
16 hex digits of the SHA-256 of its `recording.json`, so a manifest cannot be altered without losing its name.
"""

import hashlib
from enum import StrEnum

import msgspec

from harness.errors import StoreError

SCHEMA_VERSION = 1
"""1: first version (2026-11)."""

ID_DIGITS = 16

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are no JSON, no UTF-8, or nested beyond any manifest."""


class RunKind(StrEnum):
    """Only measured runs give samples; times of the extra runs, for counters and instructions, are never used."""

    WARMUP = "warmup"
    MEASURED = "measured"
    COUNTERS = "counters"
    INSTRUCTIONS = "instructions"

    @property
    def is_extra(self) -> bool:
        """Whether the run is taken for something else than its times."""
        return self in {RunKind.COUNTERS, RunKind.INSTRUCTIONS}


class Origin(StrEnum):
    """How the figures came here: run by us, read from somebody's capture, or typed off a published document."""

    MEASURED = "measured"
    IMPORTED = "imported"
    TRANSCRIBED = "transcribed"


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The machine. `id` is None where nobody said which machine it was; every other fact is None where unreadable."""

    id: str | None
    cpu: str | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    os: str | None = None
    os_version: str | None = None
    kernel: str | None = None
    gpus: tuple[str, ...] = ()
    governor: str | None = None
    load_1m: float | None = None
    power_source: str | None = None
    thermal_state: str | None = None


class Toolchain(msgspec.Struct, frozen=True, kw_only=True):
    """`cargo --version` and `rustc --version` as printed; None where there is none."""

    cargo: str | None = None
    rustc: str | None = None


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Which program this was. `patch_sha256` names the `worktree.patch` kept beside a dirty recording."""

    origin: Origin
    commit: str | None = None
    dirty: bool = False
    patch_sha256: str | None = None
    toolchain: Toolchain = Toolchain()
    lockfile_sha256: str | None = None
    harness_version: str = ""


class Executable(msgspec.Struct, frozen=True, kw_only=True):
    """One program file that a benchmark ran; `path` is relative to the checkout or the build that made it."""

    path: str
    sha256: str
    arguments: tuple[str, ...] = ()
    directory: str = "."


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """What the log itself says was proven: `cells` by event name, one `airs` line per AIR."""

    cells: dict[str, int] = {}
    airs: tuple[str, ...] = ()


class BenchmarkRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark of the recording.

    `identity` is equal exactly when two sides would run the same program; `environment` holds the variables that
    change results; `log_level` is the most verbose level seen in the log; `command` is the contract's
    line, `executables` are what was run in its place.
    """

    name: str
    command: str
    executables: tuple[Executable, ...] = ()
    identity: str | None = None
    profile: str | None = None
    features: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    workload: Workload = Workload()
    log_level: str | None = None
    log: str | None = None
    log_format: str | None = None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One process (or, for `cargo test`, the processes of its test binaries in turn) of one benchmark.

    `number` counts measured runs from 1; warmups are 0, -1, …. Lines count from 1 in the benchmark's raw log;
    `stderr_lines` are closed ranges. `failure` is None for a good run. `issues` counts the pieces that could not be
    read, `unparsed_lines` the lines of other programs' text. `part` says how often the session had been broken off and
    taken up again before this run. A run of kind `instructions` never fails a recording: either it has `instructions`,
    those of all its processes in user mode, or `no_instructions` says why not.
    """

    benchmark: str
    kind: RunKind
    number: int
    first_line: int
    last_line: int
    stderr_lines: tuple[tuple[int, int], ...] = ()
    failure: str | None = None
    order: int | None = None
    part: int = 0
    started: str | None = None
    wall_ns: int | None = None
    user_ns: int | None = None
    sys_ns: int | None = None
    peak_memory_bytes: int | None = None
    instructions: int | None = None
    no_instructions: str | None = None
    exit_code: int | None = None
    tests_executed: int | None = None
    roots: int = 0
    issues: int = 0
    unparsed_lines: int = 0
    notes: tuple[str, ...] = ()

    def describe(self) -> str:
        """Which run this is, for people: `keccakf run 3`, `logup warmup`."""
        return (
            f"{self.benchmark} run {self.number}"
            if self.kind is RunKind.MEASURED
            else f"{self.benchmark} {self.kind.value}"
        )


class KpiRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The samples of one KPI of one benchmark, one a measured run, in `unit`.

    `lows`/`highs` bound what the printed text of each sample can mean. Either there are samples, or `missing` says why.
    `warm_median` is the median of the later proofs of a process where only its first one is the KPI.
    """

    benchmark: str
    kpi: str
    unit: str
    selector: str
    runs: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()
    missing: str | None = None
    not_instrumented: bool = False
    notes: tuple[str, ...] = ()
    warm_median: float | None = None


class Protocol(msgspec.Struct, frozen=True, kw_only=True):
    """How many runs were planned, whether two sides took turns (`session` names both), and by which seed.

    `side` is `base` or `head` of such a session. `looks` is how many times its runs were to be judged, fixed before the
    first time (0 until then): once after all of them, or after every round until decided or `budget_s` is spent.
    `calibration` marks a session that was taken to learn how much sessions differ. `no_instructions` says why no run
    was planned that counts instructions.
    """

    warmups: int
    measured: int
    proof: str = "only"
    session: str | None = None
    seed: int | None = None
    side: str | None = None
    looks: int = 1
    budget_s: float | None = None
    calibration: bool = False
    no_instructions: str | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of one recording except its id, which is the hash of this."""

    target: str
    started: str
    contract: str
    host: Host
    provenance: Provenance
    protocol: Protocol
    benchmarks: tuple[BenchmarkRecord, ...]
    runs: tuple[RunRecord, ...]
    kpis: tuple[KpiRecord, ...]
    files: dict[str, str]
    warnings: tuple[str, ...] = ()
    failure: str | None = None
    schema: int = SCHEMA_VERSION

    @property
    def benchmark_names(self) -> tuple[str, ...]:
        """Names of the recorded benchmarks, in order."""
        return tuple(one.name for one in self.benchmarks)

    def benchmark(self, name: str) -> BenchmarkRecord | None:
        """The benchmark of that name, if it was recorded."""
        return next((one for one in self.benchmarks if one.name == name), None)

    def kpi(self, benchmark: str, kpi: str) -> KpiRecord | None:
        """The KPI of that name, if the contract asked for it when this was recorded."""
        return next((one for one in self.kpis if (one.benchmark, one.kpi) == (benchmark, kpi)), None)


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest with the id it is stored under."""

    id: str
    manifest: Manifest


class _Version(msgspec.Struct, frozen=True, kw_only=True):
    schema: int


def to_json(manifest: Manifest) -> bytes:
    """The canonical bytes of a manifest: what is stored, and what its id is the hash of."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"


def content_id(data: bytes) -> str:
    """The id of the recording whose `recording.json` holds these bytes."""
    return hashlib.sha256(data).hexdigest()[:ID_DIGITS]


def from_json(data: bytes, *, where: str) -> Manifest:
    """The manifest in `data`. Raises StoreError naming `where` for anything else, a newer schema included."""
    try:
        version = msgspec.json.decode(data, type=_Version).schema
    except _UNREADABLE as error:
        raise StoreError(f"{where} is not a recording's manifest: {error}.") from None
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{where} has schema version {version}, this harness reads {SCHEMA_VERSION}.",
            hint="Use the harness version that wrote it, or a newer one.",
        )
    try:
        return msgspec.json.decode(data, type=Manifest)
    except _UNREADABLE as error:
        raise StoreError(f"{where} is not a recording's manifest: {error}.") from None
