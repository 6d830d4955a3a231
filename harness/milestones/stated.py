"""What the wording of an exit criterion asks for: thresholds, spans, counters, a direction, what it is held against.

Authors word the same thing differently, so only what is clearly a threshold counts as a number: `20%`, `<= 1.18s`,
`2x`; not `Milestone 8`, `n=5`, `round0` or a version.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from math import isclose

import msgspec

from harness.units import NS_PER_MS, NS_PER_UNIT


class Measure(StrEnum):
    """What a number bounds."""

    IMPROVEMENT = "improvement"
    LOSS = "loss"
    MAXIMUM = "maximum"
    FACTOR = "factor"


class Number(msgspec.Struct, frozen=True):
    """A threshold: in percent, in ms or as a factor, as its measure says."""

    measure: Measure
    value: float

    def is_same(self, other: "Number") -> bool:
        """Whether both ask for the same, but for how floats round."""
        return self.measure is other.measure and isclose(self.value, other.value, rel_tol=1e-9)

    def __str__(self) -> str:
        unit = {Measure.MAXIMUM: " ms", Measure.FACTOR: "x"}.get(self.measure, " %")
        return f"{self.value:.6g}{unit}"


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What a wording names, in its order.

    `numbers` are thresholds, `times_ms` all times, bounds or not. `names` are spans and counters as they are written,
    `nouns` what is counted where it says so in words (`dispatch`, `alloc`). `most` bounds a count. `falls` and `rises`
    say which way something is to go, `milestones` which ids are named, `says_base` that the state before is,
    `says_time` that a time is meant, and `has_way_out` that something written will do instead. `says_recorded` is set
    where counts are to be there to read, `says_baseline` where runs, raw logs or the contract's table are, with the
    numbers of runs that are asked for.
    """

    text: str
    numbers: tuple[Number, ...] = ()
    times_ms: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    most: int | None = None
    falls: bool = False
    rises: bool = False
    milestones: tuple[str, ...] = ()
    says_base: bool = False
    says_time: bool = False
    has_way_out: bool = False
    says_recorded: bool = False
    says_baseline: bool = False
    warmup_runs: int | None = None
    measured_runs: int | None = None

    @property
    def spans(self) -> tuple[str, ...]:
        """Names that are not those of counters."""
        return tuple(name for name in self.names if not is_counter(name))

    @property
    def counters(self) -> tuple[str, ...]:
        """Names of counters."""
        return tuple(name for name in self.names if is_counter(name))

    @property
    def measures(self) -> frozenset[str]:
        """Every number and counter, and what is to be recorded: that by which it can be judged."""
        numbers = {f"{one.measure.value} {one}" for one in self.numbers}
        most = {f"at most {self.most}"} if self.most is not None else set()
        runs = {"warmup runs": self.warmup_runs, "measured runs": self.measured_runs}
        said = {"counters recorded": self.says_recorded, "a baseline": self.says_baseline}
        recorded = {f"{count} {what}" for what, count in runs.items() if count is not None}
        recorded |= {what for what, is_said in said.items() if is_said}
        return frozenset({*numbers, *most, *self.counters, *self.nouns, *recorded})

    @property
    def names_measure(self) -> bool:
        """Whether it names a number or a counter."""
        return bool(self.measures)


_MOST_SEEN = 40
"""Letters around a number in which the words that bind it are looked for."""

_IDENTIFIER = r"[A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)*+"
NAME = re.compile(rf"(?<![\w./-]){_IDENTIFIER}(?: > {_IDENTIFIER})*+(?![\w/(-])")
_FILE = re.compile(r"\.(?:rs|md|toml|lock|log|json|txt|py|sh|h|c|cc|cpp|cu|metal|yml|yaml|csv|zst)$", re.IGNORECASE)
_COUNTER = re.compile(
    r"(?:^|[._])(?:counts?|counters?|fallbacks?|allocs?|allocations?|dispatches|syncs?|kernels|bytes|raises"
    r"|reuses?|miss|misses|hits?|drops?|copies|readbacks?)$"
)
_SHORTEST_PART = 2

NUMBER = r"(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)(?:[.,]\d++)?"
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")
_TIME_WORDS = {"milliseconds": "ms", "millisecond": "ms", "seconds": "s", "second": "s", "sec": "s", "secs": "s"}
UNITS = "|".join(sorted([*NS_PER_UNIT, *_TIME_WORDS], key=len, reverse=True))
PERCENT = re.compile(rf"(?<![\w.,])({NUMBER})(?:\s?(?:-|–|to)\s?{NUMBER})?\s?(?:%|per ?cent\b)")
TIME = re.compile(rf"(?<![\w.,])({NUMBER})\s?({UNITS})(?!\w)")
FACTOR = re.compile(rf"(?<![\w.,])({NUMBER})(?:\s?[x×]|-?fold)(?!\w|×|\s?\d)")
HALF = re.compile(r"\btwice as fast\b|\bhalv(?:e|es|ed|ing)\b|\bhalf (?:of )?(?:the|its)\b")

_UPPER = (
    r"<=|=<|≤|<|\b(?:under|below|at most|within|(?:no|not) (?:more|longer|greater) than|not exceed(?:ing)?|not above"
    r"|up to|max(?:imum)?(?: of)?|(?:less|fewer|lower|shorter) than|down to|or less)"
)
_STRICT = re.compile(r"(?:<|\b(?:under|below|(?:less|fewer|lower) than))\s*$")
FILLING = r"(?:\s|=|~|≈|\b(?:a|an|the|about|around)\b)*+$"
UPPER_BEFORE = re.compile(rf"(?:{_UPPER}){FILLING}")
_UPPER_AFTER = re.compile(r"^\s*(?:or (?:less|below|lower|under|faster|better)|at most|max(?:imum)?)\b")
_LOWER_BEFORE = re.compile(rf"(?:>=|=>|≥|>|\b(?:at least|by|minimum|min|over|more than|least)){FILLING}")
_LOSS_AFTER = re.compile(r"^\s*(?:of )?(?:slower|slow-?down|regress\w*|overhead|loss|worse)")
_LOSS_BEFORE = re.compile(
    r"\b(?:regress\w*|slow(?:er|s|down)?|overhead|loss|worse)"
    r"(?:\s(?:above|over|by|of|beyond|more|larger|than|at|most|up|to)\b){0,4}[<>=≤≥~\s]*$"
)
_SHARE_AFTER = re.compile(r"^\s*of\b")

_FALLS = re.compile(
    r"\b(?:improv\w*|reduc\w*|lower\w*|drops?|dropped|falls?|fell|fallen|falling|fewer|less|faster|quicker|shorter"
    r"|smaller|cheaper|cuts?|decreas\w*|shrinks?|speeds?|speed-?ups?|sped|gains?|better|minimi\w*|halv\w+|half"
    r"|twice|eliminat\w*|avoid\w*|remov\w*|below|under|down|zero|no longer|(?:no|not) more)\b(?! back)"
)
_RISES = re.compile(r"\b(?:increas\w*|raises?|rises?|rising|grows?|growing|higher)\b")
_COUNT_WORDS = re.compile(r"\b(?:counts?|counters?|numbers? of|fewer|frequency|how (?:many|often))\b")
_NOUNS = {
    "dispatch": (r"dispatch(?:es)?", "dispatches"),
    "alloc": (r"alloc(?:ation)?s?", "alloc(?:ation)?s"),
    "sync": (r"sync(?:hroni[sz]ation)?s?", "syncs|sync points"),
    "kernel": (r"kernels?", "kernel launches"),
    "fallback": (r"fallbacks?|falls? back", "fallbacks?|falls? back"),
    "readback": (r"readbacks?", "readbacks"),
    "command_buffer": (r"command buffers?", "command buffers"),
}
"""What is counted, as counters name it: the words for it beside a word for counting, and those that say it alone."""

MOST = re.compile(rf"(?:{_UPPER})\s*(\d{{1,9}})(?![\w%×]|[.,]\d|\s?(?:%|per ?cent|(?:{UNITS}|x)\b))")
NONE = re.compile(
    r"(?<![\w-])zero\b|\beliminat\w*|\bno (?:more )?(?:fallbacks?|syncs?)\b|(?:==?|\bis|\bto|\bat)\s*0(?![\w%]|\.\d)"
)
_MILESTONES = re.compile(r"\b(?:[Mm]ilestones?\s|M)(\d++)(?:\s?[-–/]\s?M?(\d++))?")
_BASE = re.compile(r"\b(?:base|before|pre-change|previous)\b")
_TIME_MEANT = re.compile(r"\b(?:time|latency|duration|faster|quicker|slower|speed-?ups?)\b")
_NOT_COUNTED = r"(?!\s(?:times?|latency|duration|overhead|costs?)\b)"
_WAY_OUT = re.compile(r"\b(?:or|unless)\b[^.;]{0,80}\b(?:rationale|reasons?|document\w*|explain\w*|justif\w*|notes?)\b")

_RECORDED = re.compile(
    r"\b(?:recorded|published|reported|logged|documented|noted|listed|collected|captured|(?:written|noted) down)\b"
    r"|^(?:record|publish|report|log|document|list|collect|capture|(?:write|note) down)\b"
)
FEW = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_RUNS = rf"(?<![\w.])(\d{{1,4}}|{'|'.join(FEW)})\s"
WARMUP_RUNS = re.compile(rf"{_RUNS}(?:\w+\s)?warm-?\s?ups?\b")
MEASURED_RUNS = re.compile(rf"{_RUNS}(?:measured|timed)\b")
_BASELINE = re.compile(r"\braw logs?\b|\bcontract'?s? table\b|\b(?:every|each|all) (?:the )?contract spans?\b")


def read_criterion(bullet: str) -> Stated:
    """What a bullet of the exit criteria names."""
    text = " ".join(bullet.replace("`", "").split())
    lower = text.lower()
    names = tuple(dict.fromkeys(_names(text)))
    prose = NAME.sub(lambda match: " " if is_name(match[0]) else match[0], lower)
    falls = bool(_FALLS.search(_RECORDED.sub(" ", prose)))
    nouns = tuple(_nouns(prose))
    names_counter = any(is_counter(name) for name in names)
    warmup_runs, measured_runs = _runs(WARMUP_RUNS, lower), _runs(MEASURED_RUNS, lower)
    return Stated(
        text=lower,
        numbers=tuple(_numbers(lower, falls=falls)),
        times_ms=tuple(milliseconds_of(match) for match in TIME.finditer(lower)),
        names=names,
        nouns=nouns,
        most=_most(lower) if nouns or names_counter else None,
        falls=falls,
        rises=bool(_RISES.search(prose)),
        milestones=tuple(number for match in _MILESTONES.finditer(text) for number in match.groups() if number),
        says_base=bool(_BASE.search(prose)),
        says_time=bool(_TIME_MEANT.search(prose)),
        has_way_out=bool(_WAY_OUT.search(prose)),
        says_recorded=bool(_RECORDED.search(prose)) and (names_counter or bool(_COUNT_WORDS.search(prose))),
        says_baseline=warmup_runs is not None or measured_runs is not None or bool(_BASELINE.search(prose)),
        warmup_runs=warmup_runs,
        measured_runs=measured_runs,
    )


def is_counter(name: str) -> bool:
    """Whether a name is one that counters have, rather than spans."""
    return " > " not in name and bool(_COUNTER.search(name))


def _names(text: str) -> Iterator[str]:
    return (match[0] for match in NAME.finditer(text) if is_name(match[0]))


def is_name(found: str) -> bool:
    """Whether it is the name of something in a program, not a word, a file or a constant."""
    parts = found.replace(" > ", ".").split(".")
    if found.upper() == found or _FILE.search(found) or any(len(part) < _SHORTEST_PART for part in parts):
        return False
    return "_" in found or ("." in found and found.lower() == found)


def _numbers(text: str, *, falls: bool) -> Iterator[Number]:
    found: list[tuple[int, Number]] = []
    for match in PERCENT.finditer(text):
        measure = _percent_measure(*_around(text, match), falls=falls)
        if measure is not None:
            found.append((match.start(), Number(measure, value_of(match[1]))))
    for match in TIME.finditer(text):
        before, after = _around(text, match)
        if UPPER_BEFORE.search(before) or _UPPER_AFTER.search(after):
            found.append((match.start(), Number(Measure.MAXIMUM, milliseconds_of(match))))
    found += [(match.start(), Number(Measure.FACTOR, value_of(match[1]))) for match in FACTOR.finditer(text)]
    found += [(match.start(), Number(Measure.FACTOR, 2.0)) for match in HALF.finditer(text)]
    distinct: list[Number] = []
    for _at, number in sorted(found, key=lambda one: one[0]):
        if not any(number.is_same(one) for one in distinct):
            distinct.append(number)
    yield from distinct


def _around(text: str, match: re.Match[str]) -> tuple[str, str]:
    return text[max(0, match.start() - _MOST_SEEN) : match.start()], text[match.end() : match.end() + _MOST_SEEN]


def _percent_measure(before: str, after: str, *, falls: bool) -> Measure | None:
    """What a percentage bounds; None where it only says how large something is."""
    if _LOSS_AFTER.search(after) or _LOSS_BEFORE.search(before) or UPPER_BEFORE.search(before):
        return Measure.LOSS
    if _LOWER_BEFORE.search(before):
        return Measure.IMPROVEMENT
    return Measure.IMPROVEMENT if falls and not _SHARE_AFTER.search(after) else None


def value_of(digits: str) -> float:
    """A written number; a comma before three digits parts thousands, any other is a decimal one."""
    return float(_THOUSANDS.sub("", digits).replace(",", "."))


def milliseconds_of(match: re.Match[str]) -> float:
    """The time that TIME found, in ms."""
    return value_of(match[1]) * NS_PER_UNIT[_TIME_WORDS.get(match[2], match[2])] / NS_PER_MS


def _runs(pattern: re.Pattern[str], text: str) -> int | None:
    """How many runs are asked for, in digits or as a word."""
    match = pattern.search(text)
    if match is None:
        return None
    return FEW.index(match[1]) + 1 if match[1] in FEW else int(match[1])


def _nouns(prose: str) -> Iterator[str]:
    """What is counted; a wording of times that has no word for counting counts nothing."""
    is_counted = bool(_COUNT_WORDS.search(prose))
    if not is_counted and _TIME_MEANT.search(prose):
        return
    for noun, (beside_counting, alone) in _NOUNS.items():
        if re.search(rf"\b(?:{beside_counting if is_counted else alone})\b{_NOT_COUNTED}", prose):
            yield noun


def _most(text: str) -> int | None:
    """The most that is still allowed of what is counted."""
    if NONE.search(text):
        return 0
    match = MOST.search(text)
    if match is None:
        return None
    return int(match[1]) - bool(_STRICT.search(text[: match.start(1)]))
