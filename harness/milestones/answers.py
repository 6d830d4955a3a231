"""What is said of an exit criterion, and of each quantity that it names."""

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """What is said of one exit criterion."""

    MET = "met"
    PARTIALLY = "partially met"
    NOT_MET = "not met"
    NOT_MEASURABLE = "not measurable"


class Answer(msgspec.Struct, frozen=True):
    """What is said of one quantity; `is_idle` where there was nothing that could have fallen."""

    outcome: Outcome
    sentence: str
    is_idle: bool = False


def capital(sentence: str) -> str:
    """The sentence with its first letter as sentences have it."""
    return f"{sentence[:1].upper()}{sentence[1:]}"


def unknown(reason: str) -> Answer:
    """That something cannot be measured, and why."""
    return Answer(Outcome.NOT_MEASURABLE, f"{reason}.")
