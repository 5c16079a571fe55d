"""The request to a worker to stop, in a process of its own."""

import subprocess
import sys

from tests.sources import ROOT

CODE = """
import os, signal
from experiments.orchestration.engines import stop_request
stop_request.listen(signal.SIGTERM)
print(stop_request.is_requested())
os.kill(os.getpid(), signal.SIGTERM)
print(stop_request.is_requested())
"""


def test_a_signal_is_the_request_and_does_not_end_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
