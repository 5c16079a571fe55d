"""Every way in which a command ends has its exit code; a fault leaves its traceback in a file."""

import io
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.config.command_line import exit_codes
from experiments.config.command_line.shell import JobFailed, run_command
from user_error import UserError


def ends_with(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where traceback files are written."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_exit_code_is_that_of_the_command(code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(lambda: code) == code
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            UserError("no such key", place="study.yaml", hint="use margin"),
            "study.yaml: no such key; use margin",
        ),
        (UserError("one line\nand another"), "one line and another"),
        (FileNotFoundError(2, "No such file", "x"), "[Errno 2] No such file: 'x'"),
    ],
)
def test_a_user_error_is_one_line_and_exit_code_2(
    error: Exception, text: str, capsys: pytest.CaptureFixture[str], temporary_folder: Path
) -> None:
    assert run_command(ends_with(error)) == exit_codes.REFUSED == 2
    assert capsys.readouterr() == ("", f"error: {text}\n")
    assert list(temporary_folder.iterdir()) == []


@pytest.mark.parametrize("error", [ValueError("of numpy"), KeyError("x"), AssertionError()])
def test_an_internal_error_is_exit_code_70_and_leaves_its_traceback_in_a_file(
    error: Exception, capsys: pytest.CaptureFixture[str], temporary_folder: Path
) -> None:
    assert run_command(ends_with(error)) == exit_codes.INTERNAL_ERROR == 70
    (line,) = capsys.readouterr().err.splitlines()
    (log,) = temporary_folder.iterdir()
    assert line.startswith(f"internal error: {type(error).__name__}: ")
    assert str(log) in line
    content = log.read_text()
    assert content.startswith("command: ")
    assert re.search(r"Traceback .*\n(.*\n)*.*in command", content)
    assert type(error).__name__ in content.splitlines()[-1]


@pytest.mark.parametrize("error", [KeyError("x"), FileNotFoundError("x"), UserError("x")])
def test_verbose_shows_the_traceback_as_well(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(ends_with(error), verbose=True) != exit_codes.DONE
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_failed_job_names_its_log_and_writes_no_second_one(
    capsys: pytest.CaptureFixture[str], temporary_folder: Path
) -> None:
    assert run_command(ends_with(JobFailed("KeyError: see log.txt"))) == exit_codes.INTERNAL_ERROR
    assert capsys.readouterr().err == "internal error: KeyError: see log.txt\n"
    assert list(temporary_folder.iterdir()) == []


def test_an_interruption_is_exit_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(ends_with(KeyboardInterrupt())) == exit_codes.INTERRUPTED == 130
    assert capsys.readouterr() == ("", "interrupted\n")


@pytest.mark.usefixtures("signals_heard")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_a_command_with_one_word_and_its_code_however_often_it_is_sent(
    number: signal.Signals, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    cleaned: list[bool] = []

    def command() -> int:
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)  # the echo, while the command cleans up
            cleaned.append(True)
        return 0

    before = signal.getsignal(number)
    assert run_command(command) == code
    assert capsys.readouterr() == ("", "interrupted\n")
    assert cleaned == [True]
    assert signal.getsignal(number) == before


def test_a_message_that_cannot_be_written_leaves_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    class ClosedTerminal(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("sys.stderr", ClosedTerminal())
    assert run_command(ends_with(UserError("no such key"))) == exit_codes.REFUSED


def test_an_exit_of_the_parser_passes() -> None:
    stopped: Any = SystemExit(2)
    with pytest.raises(SystemExit, match="2"):
        run_command(ends_with(stopped))
