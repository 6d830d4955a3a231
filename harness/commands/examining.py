"""`harness doctor`: is this machine fit to measure now."""

from harness.machine.condition import Finding, findings, read_condition
from harness.measure.lock import current_holder


def examine() -> tuple[Finding, ...]:
    """One finding a question, in fixed order."""
    return findings(read_condition(measuring=current_holder()))
