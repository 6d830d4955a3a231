import os

import pytest

from harness.errors import LogError, MeasureError
from harness.measure.apart import apart
from harness.units import format_seconds, parse_timeout


def test_what_a_function_returns_comes_back() -> None:
    assert apart(parse_timeout, "2m") == 120.0
    assert apart(format_seconds, seconds=61.0) == "1 min 01 s"


def test_it_is_another_process_of_another_session() -> None:
    assert apart(os.getpid) != os.getpid()
    assert apart(os.getsid, 0) != os.getsid(0)


def test_what_a_function_raises_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        apart(divmod, 1, 0)
    with pytest.raises(LogError, match="torn") as error:
        apart(_raise_log_error)
    assert error.value.hint == "Mend it."


def test_what_a_function_prints_does_not_spoil_its_result(capfd: pytest.CaptureFixture[str]) -> None:
    assert apart(print, "hello") is None
    assert "hello" in capfd.readouterr().err


def test_a_process_that_dies_is_an_error_of_ours() -> None:
    with pytest.raises(MeasureError, match="exit code 9"):
        apart(os._exit, 9)


def test_a_folder_of_the_packages_name_is_not_taken_for_it(tmp_path, monkeypatch) -> None:
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "__init__.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert apart(abs, -1) == 1


def _raise_log_error() -> None:
    raise LogError("torn", hint="Mend it.")
