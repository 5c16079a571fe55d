"""The entry of a worker: which message an outcome becomes, and the limit of its memory."""

import errno
import io
import subprocess
import sys
from typing import Any

import pytest
from safetensors import SafetensorError

from experiments.orchestration.engines import preload_failure
from experiments.orchestration.engines.worker import _is_memory, _outcome, _SupervisorGone
from experiments.run.execution import UserErrorInTraining
from tests.sources import ROOT
from user_error import OWN_CODE, UserError

LIMITED = """
from experiments.orchestration.engines import worker
worker.limit_memory(64 * 2**20)
small = bytearray(16 * 2**20)
try:
    large = bytearray(256 * 2**20)
except MemoryError:
    print("refused")
"""


@pytest.mark.parametrize(
    ("error", "limited", "expected"),
    [
        (MemoryError(), False, True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), False, True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), False, True),
        (RuntimeError("could not create a primitive"), False, False),
        (RuntimeError("could not create a primitive"), True, True),
        (KeyError("x"), True, False),
    ],
)
def test_errors_of_missing_memory_are_recognized(error: Exception, limited: bool, expected: bool) -> None:
    assert _is_memory(error, limited=limited) == expected


def test_a_process_gets_no_more_memory_than_its_limit() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "refused"), done.stderr


def test_a_user_error_in_training_fails_under_its_own_class(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(payload: Any, send: Any) -> None:
        raise UserErrorInTraining("here: mine") from UserError("mine", place="here")

    monkeypatch.setattr("experiments.orchestration.jobs.train", train)
    outcome = _outcome("train", {}, lambda kind, content: None, None, None)
    assert outcome == ("failed", (False, "UserError: here: mine"))


class Wrapped(Exception):
    """An exception of a library whose cause is another one."""


class Unspeakable(Exception):
    """An exception whose text cannot be made."""

    def __str__(self) -> str:
        raise ValueError("no text")


def caused_by(cause: BaseException) -> Exception:
    error = Wrapped("could not save")
    error.__cause__ = cause
    return error


def its_own_cause() -> Exception:
    error = Wrapped("in a circle")
    error.__cause__ = error
    return error


def outcome_of(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any]:
    def train(payload: Any, send: Any) -> None:
        raise error

    monkeypatch.setattr("experiments.orchestration.jobs.train", train)
    return _outcome("train", {}, lambda kind, content: None, None, None)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/store/checkpoint.pt"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError(errno.EROFS, "Read-only file system"),
        OSError(errno.EIO, "Input/output error"),
        OSError(errno.ESTALE, "Stale file handle"),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
        FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/var/tmp']"),
        caused_by(OSError(errno.ENOSPC, "No space left on device")),
        caused_by(caused_by(OSError(errno.EIO, "Input/output error"))),
    ],
    ids=lambda error: f"{type(error).__name__} {str(error)[:24]}",
)
def test_the_state_of_a_disk_is_no_error_of_the_code(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, content = outcome_of(error, monkeypatch)
    assert kind == "disk"
    assert content.startswith(type(error).__name__)


OWN_MODULE = """
def forward():
    raise {error}


def forward_of_a_library():
    try:
        forward()
    except Exception as error:
        raise RuntimeError("No space left on device, in a library's words") from error
"""


@pytest.mark.parametrize("function", ["forward", "forward_of_a_library"])
@pytest.mark.parametrize(
    "error", ["RuntimeError('Input/output error in my words')", "OSError('no space left on device')"]
)
def test_a_disks_words_out_of_a_users_own_module_are_an_error_of_its_code(
    error: str, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: dict[str, Any] = {"__name__": f"{OWN_CODE}mine"}
    exec(compile(OWN_MODULE.format(error=error), "mine.py", "exec"), names)
    monkeypatch.setattr("experiments.orchestration.jobs.train", lambda payload, send: names[function]())
    kind, (_, told) = _outcome("train", {}, lambda kind, content: None, None, None)
    assert kind == "failed"
    assert "(mine.py, line " in told


def test_a_disk_that_fails_under_a_users_own_module_is_no_error_of_its_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: dict[str, Any] = {"__name__": f"{OWN_CODE}mine"}
    exec(compile(OWN_MODULE.format(error="OSError(5, 'Input/output error')"), "mine.py", "exec"), names)
    monkeypatch.setattr("experiments.orchestration.jobs.train", lambda payload, send: names["forward"]())
    assert _outcome("train", {}, lambda kind, content: None, None, None)[0] == "disk"


@pytest.mark.parametrize(
    "error",
    [KeyError("read-only file system"), ValueError("input/output error"), UserError("disk quota exceeded")],
)
def test_a_disks_words_count_only_in_classes_that_stand_for_an_error_of_the_system(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outcome_of(error, monkeypatch)[0] != "disk"


def test_the_words_of_safetensors_count(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "Error while serializing: I/O error: No space left on device (os error 28)"
    assert outcome_of(SafetensorError(words), monkeypatch)[0] == "disk"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "BrokenPipeError: [Errno 32] Broken pipe"),
        (ConnectionResetError("by the module"), "ConnectionResetError: by the module"),
        (ConnectionRefusedError("no server"), "ConnectionRefusedError: no server"),
        (EOFError("end of file"), "EOFError: end of file"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "FileNotFoundError: [Errno 2] No such file"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (SystemExit(0), "SystemExit: 0"),
        (Unspeakable(), "Unspeakable"),
        (its_own_cause(), "Wrapped: in a circle"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_module_raises_is_an_error_with_its_traceback(
    error: BaseException, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome_of(error, monkeypatch) == ("failed", (False, told))
    log = capsys.readouterr().err
    assert "Traceback (most recent call last)" in log
    assert "in train" in log


def test_a_user_error_that_a_disk_causes_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    error = UserError("cannot be read", place="images/a.png")
    assert outcome_of(error, monkeypatch) == ("refused", "images/a.png: cannot be read")
    error.__cause__ = OSError(errno.EIO, "Input/output error")
    assert outcome_of(error, monkeypatch) == ("disk", "images/a.png: cannot be read")


def test_a_missing_piece_of_memory_is_out_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    kind, (memory, _) = outcome_of(OSError(errno.ENOMEM, "Cannot allocate memory"), monkeypatch)
    assert (kind, memory) == ("failed", True)


class FullDisk(io.StringIO):
    """A log on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_traceback_that_a_full_disk_does_not_take_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", FullDisk())
    kind, _ = outcome_of(OSError(errno.ENOSPC, "No space left on device"), monkeypatch)
    assert kind == "disk"


def test_a_supervisor_that_is_gone_is_no_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(payload: Any, send: Any) -> None:
        send("epoch", (1, {}))

    def send(kind: str, content: Any) -> None:
        raise _SupervisorGone

    monkeypatch.setattr("experiments.orchestration.jobs.train", train)
    with pytest.raises(_SupervisorGone):
        _outcome("train", {}, send, None, None)


def test_after_a_failed_preload_every_job_is_refused_with_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        preload_failure, "failure", "`import timm` fails (x.py, line 3): OSError: no libtorch"
    )
    outcome = _outcome("no.such.module:job", {}, lambda kind, content: None, None, None)
    assert outcome == (
        "refused",
        "the workers cannot start: `import timm` fails (x.py, line 3): OSError: no libtorch",
    )
