import pytest

from harness import errors
from harness.errors import ExitCode, HarnessError, Interrupted

KINDS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, HarnessError)]


def test_exit_codes_are_those_that_scripts_rely_on():
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "ERROR": 1,
        "USAGE": 2,
        "BROKEN": 3,
        "CANNOT_TELL": 4,
        "INTERRUPTED": 130,
    }


def test_every_error_is_listed():
    assert {one.__name__ for one in KINDS} == {
        "HarnessError",
        "LogError",
        "ConfigError",
        "RefError",
        "StoreError",
        "BuildError",
        "MeasureError",
        "DocumentError",
        "Interrupted",
    }
    assert all(one.__name__ in (errors.__doc__ or "") for one in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_never_mistaken_for_a_verdict(kind):
    assert kind("what").exit_code == (ExitCode.INTERRUPTED if kind is Interrupted else ExitCode.ERROR)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_what_and_the_way_out(kind):
    error = kind("what, where.", hint="The way out.")
    assert (error.message, error.hint) == ("what, where.", "The way out.")
    assert str(error) == "what, where. The way out."
    assert str(kind("what.")) == "what."
