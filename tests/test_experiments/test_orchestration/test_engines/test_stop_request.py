"""The request to a worker to stop, in a process of its own."""

import subprocess
import sys

import pytest

from tests.sources import ROOT

CODE = """
import os, signal
from multiprocessing import Pipe
from experiments.orchestration.engines import stop_request
heard, requests = Pipe(duplex=False)
{before}
stop_request.listen(heard, signal.SIGTERM)
print(stop_request.is_requested())
{request}
print(stop_request.is_requested(), stop_request.is_requested())
"""
SIGNAL, MESSAGE, END = (
    "os.kill(os.getpid(), signal.SIGTERM)",
    "requests.send_bytes(b'stop')",
    "requests.close()",
)


@pytest.mark.parametrize(
    ("before", "request_", "said"),
    [
        ("", SIGNAL, ["False", "True True"]),
        ("", MESSAGE, ["False", "True True"]),
        ("", END, ["False", "True True"]),
        (f"signal.signal(signal.SIGTERM, signal.SIG_IGN); {SIGNAL}", "", ["False", "False False"]),
        (MESSAGE, "", ["True", "True True"]),
    ],
    ids=[
        "signal",
        "message",
        "the supervisor has ended",
        "a signal too early",
        "a message before it listens",
    ],
)
def test_a_signal_or_a_message_is_the_request_and_a_message_is_never_too_early(
    before: str, request_: str, said: list[str]
) -> None:
    code = CODE.format(before=before, request=request_)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == said
