"""The order of one revision's runs."""

from harness.measure.schedule import one_sided


def test_extra_runs_come_after_the_measured_ones_of_their_benchmark() -> None:
    steps = one_sided(["a", "b"], warmups=2, measured=2, counters=["b"], instructions=["a", "b"])

    assert [(step.benchmark, step.kind.value, step.number) for step in steps] == [
        ("a", "warmup", -1),
        ("a", "warmup", 0),
        ("a", "measured", 1),
        ("a", "measured", 2),
        ("a", "instructions", 0),
        ("b", "warmup", -1),
        ("b", "warmup", 0),
        ("b", "measured", 1),
        ("b", "measured", 2),
        ("b", "counters", 0),
        ("b", "instructions", 0),
    ]
    assert {step.side for step in steps} == {0}
