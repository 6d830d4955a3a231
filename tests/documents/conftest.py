import re
from pathlib import Path

import pytest
from msgspec import structs

from harness.commands.importing import import_captures
from harness.commands.workspace import open_workspace
from harness.compare.comparison import Mode, Side, compare
from harness.documents.recordings import Shown
from harness.ingest.tables import read_timed_spans
from harness.kpis.process import process_kpis
from harness.kpis.tree import span_tree
from harness.recording.manifest import Recording, RunKind
from harness.units import NS_PER_UNIT

ROOT = Path(__file__).parent.parent.parent
CAPTURE = ROOT / "tests" / "data" / "captures" / "h200_keccakf.log"
M8 = "0ae611f3c83983b8"


def scaled(capture: str, factor: float) -> str:
    """The capture of a program that takes `factor` times as long, printed as tracing-forest would."""

    def longer(match: re.Match[str]) -> str:
        value = float(match[1]) * NS_PER_UNIT[match[2]] * factor
        for unit in ("ns", "µs", "ms", "s"):
            if value < 1000 or unit == "s":
                break
            value /= 1000
        return f"[ {value:.{2 if value < 10 else 1 if value < 100 else 0}f}{unit} |"

    return re.sub(r"\[ (\d+(?:\.\d+)?)(ns|µs|ms|s) \|", longer, capture)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    return open_workspace(ROOT, store=tmp_path_factory.mktemp("store"), target="openvm-cuda", host="h200")


@pytest.fixture(scope="session")
def contract(workspace):
    return workspace.load_contract("m8")


@pytest.fixture(scope="session")
def m8(workspace) -> Recording:
    """The published figures."""
    return workspace.store.load(M8)


@pytest.fixture(scope="session")
def imported(workspace, tmp_path_factory) -> tuple[Recording, Recording]:
    """One capture, and the same at four fifths of its times.

    Ids and hashes depend on how a library compresses, so they are fixed ones here.
    """
    faster = tmp_path_factory.mktemp("captures") / "faster.log"
    faster.write_text(scaled(CAPTURE.read_text("utf-8"), 0.8), encoding="utf-8")
    made = [import_captures(workspace, [("keccakf", path)]).recording for path in (CAPTURE, faster)]
    return tuple(
        Recording(
            id=digit * 16,
            manifest=structs.replace(one.manifest, files=dict.fromkeys(one.manifest.files, digit * 64)),
        )
        for digit, one in zip("ab", made, strict=True)
    )


def _with_cost(recording: Recording, *, peak_bytes: int) -> Recording:
    manifest = recording.manifest
    cost = {"user_ns": 7_100_000_000, "sys_ns": 25_000_000, "peak_memory_bytes": peak_bytes}
    runs = [structs.replace(run, **cost) for run in manifest.runs]
    counting = structs.replace(runs[-1], kind=RunKind.INSTRUCTIONS, number=0, instructions=12_345_678_901)
    kpis = [kpi for name in manifest.benchmark_names for kpi in process_kpis(name, [*runs, counting])]
    changed = structs.replace(manifest, runs=(*runs, counting), kpis=(*manifest.kpis, *kpis))
    return structs.replace(recording, manifest=changed)


@pytest.fixture(scope="session")
def with_cost(m8, imported) -> tuple[Recording, ...]:
    """The published figures, and base and head, as if their processes had been measured, too."""
    sizes = zip((m8, *imported), (850_604_032, 850_604_032, 44_040_192), strict=True)
    return tuple(_with_cost(one, peak_bytes=size) for one, size in sizes)


@pytest.fixture(scope="session")
def comparison_of(contract):
    """Two recordings compared: stored ones of two sessions, or such that took turns."""

    def make(base: Recording, head: Recording, *, alternated: bool = False, beside: Recording | None = None):
        return compare(
            Side(ref="before", recording=base, beside=beside),
            Side(ref="after", recording=head),
            contract,
            mode=Mode.INTERLEAVED if alternated else Mode.STORED,
            alternated=alternated,
        )

    return make


@pytest.fixture(scope="session")
def stored(comparison_of, imported):
    return comparison_of(*imported)


@pytest.fixture(scope="session")
def in_turns(comparison_of, imported):
    return comparison_of(*imported, alternated=True, beside=imported[1])


@pytest.fixture(scope="session")
def not_comparable(comparison_of, m8, imported):
    return comparison_of(m8, imported[0])


@pytest.fixture(scope="session")
def shown_m8(workspace, m8) -> Shown:
    """With its span trees, as the text form shows it."""
    place = workspace.store.path_of(m8.id)
    trees = tuple((one, span_tree(read_timed_spans(place, one, range(1, 6)))) for one in m8.manifest.benchmark_names)
    return Shown(recording=m8, labels=("m8",), path=f"baselines/recordings/{m8.id}", trees=trees)


@pytest.fixture(scope="session")
def shown_imported(imported) -> Shown:
    return Shown(recording=imported[0], labels=("before",), path=f".harness/recordings/{imported[0].id}")


def _outside_code(line: str) -> str:
    """What of a line of Markdown is neither escaped nor inside a code span, read as CommonMark does."""
    kept, i = "", 0
    while i < len(line):
        fence = re.match(r"`+", line[i:])
        if line[i] == "\\":
            i += 2
        elif fence:
            closing = re.search(rf"(?<!`){fence[0]}(?!`)", line[i + len(fence[0]) :])
            i += len(fence[0]) + (closing.end() if closing else 0)
            kept += "" if closing else fence[0]
        else:
            kept += line[i]
            i += 1
    return kept


@pytest.fixture(scope="session")
def outside_code():
    return _outside_code


@pytest.fixture(scope="session")
def pipes():
    """How many bars of a line end a cell: GitHub takes every bar that no backslash stands before."""

    def count(line: str) -> int:
        return len(re.findall(r"(?<!\\)\|", line))

    return count


@pytest.fixture(scope="session")
def hostile() -> tuple[str, ...]:
    return (
        "a|b||c\\|d\\",
        "`x` ``y`` ```",
        "``",
        "](http://evil.example) [x](javascript:alert(1)) ![i](//evil.example)",
        "<img src=x onerror=alert(1)> <!-- <script>",
        "--> <!-- harness:end report -->",
        "two\nlines\r\nof\x0btext\u2028more\x85end",
        "| --- |\n| forged | row |",
        "@maintainer closes #1 and GH-2 of owner/name#3",
        "see https://evil.example or www.evil.example, mailto:a@evil.example",
        "\x1b[31mred\x1b]8;;http://evil.example\x07link\x9b2J",
        "# heading",
        "- [x] done",
        "1. first",
        "~~~",
        "---",
        "*bold* _em_ __b__ ~~gone~~ $x^2$ &lt;",
        "\u202egnp.exe",
        "   ",
    )
