import pytest

DOCUMENT = "# Milestone 8: x\n\n## Metrics\n- Pending.\n\n## Notes\n- Mine.\n"
METRICS = ("render", "metrics", "--milestone", "8", "m8", "--target", "openvm-metal")


def test_metrics_go_below_their_heading_once_and_leave_the_rest_alone(repository, tmp_path) -> None:
    path = tmp_path / "milestone-8.md"
    path.write_text(DOCUMENT)

    assert repository.harness(*METRICS, "--into", str(path)).code == 0
    once = path.read_text()
    assert repository.harness(*METRICS, "--into", str(path)).code == 0
    assert path.read_text() == once
    assert once.startswith(
        "# Milestone 8: x\n\n## Metrics\n<!-- harness:begin metrics milestone-8 head 0ae611f3c83983b8 -->\n"
    )
    assert once.endswith("<!-- harness:end metrics -->\n\n## Notes\n- Mine.\n")
    for cell in (
        "2440.00",
        "891.00",
        "655.00",
        "4.38",
        "949.00",
        "3.03",
        "178.00",
        "3.25",
        "314.00",
        "1.54",
        "8.74",
        "N/A",
    ):
        assert f"`{cell}`" in once


def test_the_metrics_section_alone_stands_under_its_heading(repository) -> None:
    assert repository.harness(*METRICS).out.startswith(
        "## Metrics\n\n<!-- harness:begin metrics milestone-8 head 0ae611f3c83983b8 -->\n| Span |"
    )


@pytest.mark.parametrize("content", ["# No such heading\n", "## Metrics\n<!-- harness:begin metrics x -->\n", None])
def test_a_file_that_cannot_take_the_section_is_left_as_it_is(repository, tmp_path, content) -> None:
    path = tmp_path / "milestone.md"
    if content is not None:
        path.write_text(content)
    done = repository.harness(*METRICS, "--into", str(path))

    assert (done.code, str(path) in done.err) == (1, True)
    assert content is None or path.read_text() == content


def test_an_unknown_milestone_is_an_error(repository) -> None:
    assert (
        "Known: 8" in repository.harness("render", "metrics", "--milestone", "7", "m8", "--target", "openvm-metal").err
    )


def test_perf_notes_show_both_sides_key_spans_and_what_cannot_be_told(repository, capture) -> None:
    for label, target in (("before", "openvm-cuda"), ("after", "openvm-cpu")):
        log = capture if target == "openvm-cuda" else capture.with_name("cpu_keccakf.log")
        repository.json("import", f"keccakf={log}", "--target", target, "--host", "h", "--label", label)
    notes = repository.harness("render", "perf-notes", "before", "after", "--milestone", "11").out

    assert notes.startswith("## PERF_NOTES\n")
    assert "- Milestone ID: 11\n" in notes
    assert "`prover.main_trace_commit > merkle_tree`: 14.4 ms (n=5)" in notes
    assert "**not comparable**: target: openvm-cuda against openvm-cpu" in notes
    assert "**undecided**" in notes


def test_perf_notes_prefer_the_session_in_which_both_sides_took_turns(checkout) -> None:
    checkout.json("run", "--label", "before")
    checkout.write("prove.sh", (checkout.path / "prove.sh").read_text().replace("FACTOR *", "2 * FACTOR *"))
    checkout.commit()
    compared = checkout.json("compare", "before", "HEAD")
    notes = checkout.harness("render", "perf-notes", "before", "HEAD")

    assert compared["base"]["recording"] in notes.out
    assert "runs of both sides took turns" in notes.out
    assert "**slower**" in notes.out


def test_a_report_comes_with_a_picture_of_the_samples(repository, tmp_path) -> None:
    plot = tmp_path / "m8.png"
    report = repository.harness("render", "report", "m8", "--target", "openvm-metal", "--plot", str(plot)).out

    assert plot.read_bytes().startswith(b"\x89PNG")
    assert "](m8.png)" in report
    assert "NOT MET" in report


def test_a_picture_that_cannot_be_written_is_one_clear_error(repository, tmp_path) -> None:
    done = repository.harness(
        "render", "report", "m8", "--target", "openvm-metal", "--plot", str(tmp_path / "no" / "folder.png")
    )

    assert (done.code, "cannot be written" in done.err) == (1, True)


def test_perf_notes_never_swap_in_a_session_taken_under_other_circumstances(checkout) -> None:
    stored = [checkout.json("run", "--label", "before")["recording"]]
    checkout.write("prove.sh", (checkout.path / "prove.sh").read_text() + "# head\n")
    checkout.commit()
    stored.append(checkout.json("run", "--label", "after")["recording"])
    checkout.json("compare", "before", "after", RAYON_NUM_THREADS="1")
    notes = checkout.harness("render", "perf-notes", "before", "after").out

    assert all(recording in notes for recording in stored)
    assert "judging across sessions needs 6 calibration sessions" in notes


def test_a_device_is_no_file_to_render_into(repository) -> None:
    done = repository.harness(*METRICS, "--into", "/dev/full")

    assert (done.code, "is not a file" in done.err) == (1, True)
