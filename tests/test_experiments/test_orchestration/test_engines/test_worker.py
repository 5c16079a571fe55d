"""The entry of a worker: which message an outcome becomes, and the limit of its memory."""

import subprocess
import sys
from typing import Any

import pytest

from experiments.orchestration.engines.worker import _is_memory, _outcome
from experiments.run.execution import UserErrorInTraining
from tests.sources import ROOT
from user_error import UserError

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
