"""Does a document say what its evidence says? The places where a rendered part and the file differ, line by line."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from harness.markdown.outline import lines_of
from harness.milestones.findings import Finding, fails

_SHOWN = 5
_WIDTH = 160
_BEFORE = 40


def drift(part: str, stands: str, made: str, *, first_line: int) -> tuple[Finding, ...]:
    """A finding for every stretch of lines that is not what was made again; none where all is.

    `stands` is the part as the file has it from its line number `first_line` on, `made` what the evidence gives.
    """
    found = list(_stretches(part, lines_of(stands), lines_of(made), first_line))
    more = len(found) - _SHOWN
    rest = [fails(f"{part}: {more} more places differ from the stored evidence.")] if more > 0 else []
    return (*found[:_SHOWN], *rest)


def _stretches(part: str, stands: list[str], made: list[str], first_line: int) -> Iterator[Finding]:
    if stands == made:
        return
    for kind, i, j, k, m in SequenceMatcher(a=stands, b=made, autojunk=False).get_opcodes():
        if kind != "equal":
            yield fails(
                f"{part}, line {first_line + i}: {_difference(stands[i:j], made[k:m])}.",
                hint="Render the part again, or restore the evidence it was made of.",
            )


def _difference(stands: list[str], made: list[str]) -> str:
    """What the file says and what it should; of long lines that begin alike what is from where they differ."""
    texts = [" / ".join(line.strip() for line in lines if line.strip()) for lines in (stands, made)]
    if texts[0] == texts[1]:
        around = f" around {_quoted(texts[0], 0)}" if texts[0] else ""
        return f"the file has other blanks than the stored evidence gives{around}"
    same = next((i for i, (one, other) in enumerate(zip(*texts, strict=False)) if one != other), min(map(len, texts)))
    said = [_quoted(text, max(0, same - _BEFORE) if same >= _WIDTH - _BEFORE else 0) for text in texts]
    return f"the file says {said[0]}, the stored evidence gives {said[1]}"


def _quoted(text: str, start: int) -> str:
    if not text:
        return "nothing"
    shown = text[start : start + _WIDTH]
    return f"'{'…' if start else ''}{shown}{'…' if start + _WIDTH < len(text) else ''}'"
