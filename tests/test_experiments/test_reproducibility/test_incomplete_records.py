"""What is not recorded becomes a warning that no filter hides; errors of the disk pass."""

import errno
import logging
import warnings

import pytest

from experiments.reproducibility.incomplete_records import IncompleteRecord, leaving_out, warn_incomplete
from experiments.reproducibility.warning_capture import MAX_WARNINGS, capture_warnings


def throw(error: Exception) -> None:
    raise error


def fail(error: Exception) -> str:
    """Raise an error inside of the context, and go on behind it."""
    with leaving_out("the map"):
        throw(error)
    return "went on"


ERRORS = [KeyError("x"), MemoryError(), StopIteration(), RecursionError("deep"), OSError(2, "no")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_becomes_a_warning_that_names_what_is_left_out(error: Exception) -> None:
    with pytest.warns(IncompleteRecord, match=rf"^the map: not recorded \({type(error).__name__}: "):
        after = fail(error)
    assert after == "went on"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_errors_of_the_disk_pass(code: int) -> None:
    with pytest.raises(OSError, match="disk"), leaving_out("the map"):
        raise OSError(code, "disk")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_process_passes(error: type[BaseException]) -> None:
    with pytest.raises(error), leaving_out("the map"):
        raise error


def test_the_log_has_the_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.warns(IncompleteRecord), caplog.at_level(logging.WARNING), leaving_out("the map"):
        throw(KeyError("x"))
    assert "the map: not recorded" in caplog.text
    assert "Traceback" in caplog.text


def test_neither_a_filter_nor_many_other_warnings_hide_it() -> None:
    with warnings.catch_warnings(record=True) as shown, capture_warnings() as found:
        warnings.simplefilter("always")
        for number in range(MAX_WARNINGS + 5):
            warnings.warn(f"number {number}", stacklevel=1)
        warnings.simplefilter("ignore")
        warn_incomplete("the map")
        warn_incomplete("the map")
    assert len(found) == MAX_WARNINGS + 1
    assert found[-1] == "IncompleteRecord: the map"
    assert len(shown) >= MAX_WARNINGS
