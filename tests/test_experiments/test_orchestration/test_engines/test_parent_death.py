"""Processes that end with their parent, even if it is killed."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.sources import ROOT

CHILD = """
import time
from experiments.orchestration.engines.{module} import {name}
{call}
print("ready", flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and is not reaped does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def outlives_its_parent(module: str, name: str, call: str) -> bool:
    """Whether a child with this code is alive a second after its parent was killed."""
    child = CHILD.format(module=module, name=name, call=call)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, child], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 1
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    alive = is_alive(pid)
    if alive:
        os.kill(pid, signal.SIGKILL)
    return alive


@pytest.mark.parametrize(
    ("module", "name", "call", "expected"),
    [
        ("parent_death", "die_with_parent", "die_with_parent()", False),
        ("parent_death", "die_with_parent", "", True),
        ("forkserver_guard", "SERVER", "", False),
    ],
    ids=["asked for", "not asked for", "by import"],
)
def test_a_child_ends_with_its_killed_parent_if_it_asked_for_it(
    module: str, name: str, call: str, expected: bool
) -> None:
    assert outlives_its_parent(module, name, call) == expected


def test_a_process_whose_parent_is_another_one_ends_at_once() -> None:
    code = "from experiments.orchestration.engines.parent_death import die_with_parent; die_with_parent(1)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 1
