def test_a_capture_file_is_a_ref_when_its_name_says_the_benchmark(repository, capture) -> None:
    shown = repository.json("show", str(capture), "--target", "openvm-cuda")

    assert shown["target"] == "openvm-cuda"
    assert shown["labels"] == []


def test_a_capture_file_of_unknown_benchmark_says_what_to_type(repository, capture, tmp_path) -> None:
    copy = tmp_path / "capture.log"
    copy.write_bytes(capture.read_bytes())
    done = repository.harness("show", str(copy), "--target", "openvm-cuda")

    assert done.code == 1
    assert f"harness import BENCH={copy}" in done.err


def test_a_commit_means_its_latest_complete_clean_recording(checkout) -> None:
    checkout.json("run", "--runs", "1")
    checkout.harness("run", MODE="fail")
    latest = checkout.json("run", "--runs", "2")["recording"]
    checkout.write("prove.sh", (checkout.path / "prove.sh").read_text() + "# dirty\n")
    checkout.json("run", "--runs", "1")

    assert checkout.json("show", "HEAD")["recording"] == latest
    assert checkout.json("show", checkout.git("rev-parse", "HEAD")[:10])["recording"] == latest


def test_a_label_wins_over_a_branch_of_that_name_and_says_so(checkout) -> None:
    checkout.git("branch", "one")
    recording = checkout.json("run", "--label", "one", "--runs", "1")["recording"]
    done = checkout.harness("show", "one", "--format", "json")

    assert done.json["recording"] == recording
    assert "it also names a git" in done.err
    assert checkout.json("show", "git:one")["recording"] == recording


def test_hostile_refs_are_plain_errors(checkout) -> None:
    for ref in ("../../etc/passwd", "--help-me", "a\nb", "HEAD~99", "@{u}", "label:HEAD", "id:", "x" * 5000):
        done = checkout.harness("show", "--", ref)
        assert done.code == 1, ref
        assert done.err.startswith("error: "), ref


def test_an_id_prefix_of_eight_characters_is_enough(checkout) -> None:
    recording = checkout.json("run", "--runs", "1")["recording"]

    assert checkout.json("show", recording[:8])["recording"] == recording
    assert checkout.harness("show", recording[:7]).code == 1


def test_an_altered_recording_is_refused(checkout) -> None:
    shown = checkout.json("show", checkout.json("run", "--label", "one", "--runs", "1")["recording"])
    manifest = f"{shown['path']}/recording.json"
    with open(manifest, "a", encoding="utf-8") as file:  # noqa: PTH123 (appending is the point)
        file.write(" ")
    done = checkout.harness("show", "one")

    assert done.code == 1
    assert "was altered" in done.err
