from harness.measure.progress import Progress
from harness.measure.turns import pairs, warmups_of_both


def test_a_line_says_which_run_of_how_many_and_how_long_it_will_take():
    steps = [*warmups_of_both("keccakf", 1), *pairs("keccakf", range(1, 3), seed=1)]
    progress = Progress(["base", "head"])
    progress.plan(steps)
    assert progress.line(steps[0]) == "[1/6] base keccakf warmup 1 of 1 · 0 s gone"
    for step in steps[:4]:
        progress.finished(step, 10.0)
    side = ("base", "head")[steps[4].side]
    assert progress.line(steps[4]) == f"[5/6] {side} keccakf run 2 of 2 · 40 s gone · about 20 s left"
    assert (progress.gone_s, progress.seconds_of("keccakf"), progress.seconds_of("logup")) == (40.0, 10.0, 0.0)


def test_a_plan_may_shrink_between_runs():
    steps = pairs("keccakf", range(1, 11), seed=1)
    progress = Progress(["base", "head"])
    progress.plan(steps, at_most=True)
    for step in steps[:10]:
        progress.finished(step, 2.0)
    assert progress.line(steps[10]).endswith("· 20 s gone · at most 20 s left")
    progress.plan(steps[10:12])
    assert progress.line(steps[10]).startswith("[11/12] ")


def test_a_benchmark_that_has_not_run_yet_is_taken_for_as_long_as_the_others():
    steps = [*warmups_of_both("a", 1), *warmups_of_both("b", 1)]
    progress = Progress(["base", "head"])
    progress.plan(steps)
    progress.finished(steps[0], 4.0)
    progress.finished(steps[1], 4.0)
    assert progress.line(steps[2]).endswith("about 8 s left")
