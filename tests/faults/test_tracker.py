"""W&B that cannot be reached, hangs or dies costs no run, and `sync` shows each of them once afterwards."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from experiments.store import open_store
from tests.faults import stubs, suite
from tests.sources import ROOT

pytestmark = pytest.mark.slow
RUNS = 24
OFFLINE = {"WANDB_MODE": "offline"}
UNREACHABLE = {"WANDB_MODE": "online", "WANDB_API_KEY": "0" * 40, "WANDB_BASE_URL": "http://127.0.0.1:9"}


def follower_of(process: "subprocess.Popen[str]") -> int:
    """The process that publishes."""
    while True:
        for pid in suite.children(process.pid):
            if b"--follow" in suite.read(pid, "cmdline"):
                return pid
        time.sleep(0.02)


def send(number: signal.Signals) -> Callable[["subprocess.Popen[str]", Path], None]:
    """Once the first run is published (or, if that is too late, half of all have ended), signal the follower."""

    def act(process: "subprocess.Popen[str]", path: Path) -> None:
        pid = follower_of(process)
        while not list((path / "wandb" / "published").glob("*.json")) and process.poll() is None:
            time.sleep(0.02)
        os.kill(pid, number)

    return act


@pytest.mark.parametrize(
    ("outage", "wandb", "act"),
    [
        ("cannot be reached", UNREACHABLE, lambda process, path: None),
        ("hangs", OFFLINE, send(signal.SIGSTOP)),
        ("dies", OFFLINE, send(signal.SIGKILL)),
    ],
    ids=["cannot be reached", "hangs", "dies"],
)
def test_a_tracker_that_fails_costs_no_run_and_little_time(
    outage: str, wandb: dict[str, str], act: Callable[["subprocess.Popen[str]", Path], None], tmp_path: Path
) -> None:
    calm = stubs.launch(tmp_path / "calm", RUNS, workers=2, seconds=0.4)
    expected = spent(calm.communicate(timeout=suite.PATIENCE)[0])
    process = stubs.launch(tmp_path / "store", RUNS, workers=2, seconds=0.4, wandb=wandb)
    act(process, tmp_path / "store")
    began = time.monotonic()
    output, _ = process.communicate(timeout=suite.PATIENCE)
    print(
        f"{outage}: {spent(output):.1f} s, undisturbed {expected:.1f} s; {time.monotonic() - began:.1f} s in all"
    )
    account = stubs.account(tmp_path / "store", tmp_path / "calm")
    print(account)
    assert account == (0, 0, 0)
    assert process.returncode == 0, output
    assert "Traceback" not in output
    assert "not everything is published" in output
    sync(tmp_path / "store")
    assert shown(tmp_path / "store") == RUNS


def spent(output: str) -> float:
    """Seconds from the first run's start to the last one's end."""
    found = re.search(r"^spent ([\d.]+)$", output, re.MULTILINE)
    assert found, output
    return float(found[1])


def sync(path: Path) -> None:
    command = [sys.executable, "-m", "experiments", "sync", stubs.NAME, "--store", str(path)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **OFFLINE}, check=True, timeout=suite.PATIENCE)


def shown(path: Path) -> int:
    """Whole offline runs, each of another key."""
    notes = [json.loads(note.read_bytes()) for note in (path / "wandb" / "published").glob("*.json")]
    with closing(open_store(path, readonly=True)) as store:
        keys = set(store.keys_with_prefix())
    folders = {note["where"] for note in notes if (path / note["where"]).is_dir()}
    there = {str(folder.relative_to(path)) for folder in (path / "wandb").glob("offline-run-*")}
    assert folders == there
    assert {note["version"].split()[0] for note in notes} == keys
    return len(folders)
