"""A real SLURM: a job that is cancelled, requeued or over its time saves its runs, and the next one goes on.

The batch script is the one of docs/reliability.md, with the words of a small study in it. One arm of the study waits at
each training step as long as a file exists: it cannot end before it is stopped, however fast the machine, and takes
seconds once the file is gone. What it computes does not depend on that file.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from experiments.store import open_store, run_folder
from tests.faults import cluster, suite
from tests.faults.cluster import Cluster
from tests.sources import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(cluster.why_not() is not None, reason=cluster.why_not() or "SLURM is here"),
]
OVER = ("CANCELLED", "FAILED", "TIMEOUT", "COMPLETED")
MODULE = """
import time
from pathlib import Path

from torch import Tensor, nn

SLOWLY = Path({slowly!r})


class Waiting(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        if self.training and x.shape[0] > 2 and SLOWLY.exists():
            time.sleep(0.5)
        return self.scale(x)
"""
STUDY = """
margin: 5.0
seeds: 1
modules: [waiting.py]
settings:
  classification:
    task: classification
    dataset: {name: cluttered_digits, options: {train: 96, validation: 32, test: 32}}
    backbone: {name: resnet10t, args: {channels: [8, 16, 24, 32], stem_width: 8}}
    recipe: {epochs: 30, batch_size: 16, learning_rate: 0.1, dtype: float32, shift: 1}
arms:
  none: {}
  waiting: {module: waiting, site: stage}
"""
"""The arm `waiting` has 180 steps of four modules each: six minutes while it waits."""


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(
        prefix="slurm"
    ) as folder:  # short: a socket's path has at most 107 characters
        started = Cluster(Path(folder))
        yield started
        started.stop()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study file; the file `slowly` beside it makes the training wait."""
    path = tmp_path_factory.mktemp("study") / f"{suite.STUDY}.yaml"
    path.write_text(STUDY)
    (path.parent / "waiting.py").write_text(MODULE.format(slowly=str(path.parent / "slowly")))
    return path


def command(study: Path, store: Path) -> list[str]:
    words = ["-m", "experiments", "run", str(study), "--store", str(store), "--workers", "1"]
    return [sys.executable, *words]


@pytest.fixture(scope="module")
def calm(study: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the study, run through without a stop."""
    store = tmp_path_factory.mktemp("calm")
    environment = {**os.environ, "WANDB_MODE": "disabled", "ABLATION_CACHE": str(cache)}
    subprocess.run(command(study, store), cwd=ROOT, env=environment, check=True, timeout=cluster.PATIENCE)
    return store


def batch_script(study: Path, store: Path, cache: Path) -> str:
    """The script of the documentation, for the study."""
    text = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```bash\n(#!/bin/bash\n#SBATCH .*?)```", text, re.DOTALL)
    here = f"cd {shlex.quote(str(ROOT))}\nexport WANDB_MODE=disabled ABLATION_CACHE={shlex.quote(str(cache))}"
    script, found = re.subn(r"^source environment.sh$", here, script, flags=re.MULTILINE)
    words = shlex.join(command(study, store))
    script, exec_found = re.subn(
        r"^exec python -m experiments run .*$", f"exec {words}", script, flags=re.MULTILINE
    )
    assert (found, exec_found) == (1, 1)
    return str(script)


def until_it_waits(store: Path) -> None:
    """Wait until the run that cannot end by itself has a checkpoint."""
    end = time.monotonic() + cluster.PATIENCE
    while not _has_checkpoint(store):
        assert time.monotonic() < end, "nothing trains"
        time.sleep(0.5)


def _has_checkpoint(store: Path) -> bool:
    if not list(store.glob(f"runs/*/*/{run_folder.CHECKPOINT}")):
        return False
    with closing(open_store(store, readonly=True)) as records:
        cells = [cell for cell in records.cells(suite.STUDY) if cell.arm == "waiting"]
        return any(
            cell.state == "running" and (records.folder(cell.key) / run_folder.CHECKPOINT).exists()
            for cell in cells
        )


def told_when_it_ended(output: Path) -> str:
    """The job's output, once its processes have ended: SLURM may give the job its next state before."""
    end = time.monotonic() + 60
    while "the same command resumes the study" not in output.read_text() and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    return output.read_text()


def interrupted(store: Path) -> list[Path]:
    """Assert that no run is at work any more; return the checkpoints of those that were stopped."""
    with closing(open_store(store, readonly=True)) as records:
        counts = records.counts(suite.STUDY)
        assert {"running", "failed"} & set(counts) == set(), counts
        stopped = [cell.key for cell in records.cells(suite.STUDY) if cell.state == "interrupted"]
        return [records.folder(key) / run_folder.CHECKPOINT for key in stopped]


def resumed(store: Path) -> list[str]:
    """The arms of the runs that went on from a checkpoint."""
    with closing(open_store(store, readonly=True)) as records:
        return [
            cell.arm
            for cell in records.cells(suite.STUDY)
            if "resumed from a checkpoint" in (records.folder(cell.key) / run_folder.LOG).read_text()
        ]


def cancel(slurm: Cluster, job: str, store: Path) -> None:
    slurm.ask("scancel", job)
    slurm.wait_for(job, "CANCELLED")
    slurm.wait_until_gone(job)


def requeue(slurm: Cluster, job: str, store: Path) -> None:
    slurm.ask("scontrol", "requeue", job)
    slurm.wait_for(job, "PENDING")
    slurm.ask("scontrol", "update", f"JobId={job}", "StartTime=now")  # else about two minutes later


def run_out_of_time(slurm: Cluster, job: str, store: Path) -> None:
    slurm.wait_for(job, *OVER)


@pytest.mark.parametrize(
    ("act", "options", "code"),
    [
        (cancel, [], None),
        (requeue, [], None),
        (run_out_of_time, ["--time=2", "--signal=B:TERM@60"], 143),
        (run_out_of_time, ["--time=1", "--signal=B:CONT@1"], None),
    ],
    ids=["scancel", "requeue", "time limit, told before", "time limit, told when it is over"],
)
def test_what_slurm_stops_is_saved_and_the_next_job_comes_to_the_same_bits(
    act: Callable[[Cluster, str, Path], None],
    options: list[str],
    code: int | None,
    slurm: Cluster,
    tmp_path: Path,
    cache: Path,
    study: Path,
    calm: Path,
) -> None:
    store, output, script = tmp_path / "store", tmp_path / "output.txt", tmp_path / "job.sh"
    script.write_text(batch_script(study, store, cache))
    slowly = study.parent / "slowly"
    slowly.touch()
    job = slurm.submit(script, output, *options)
    until_it_waits(store)
    act(slurm, job, store)
    said = told_when_it_ended(output)
    slowly.unlink()
    assert "stopping: workers save their runs first" in said, said
    assert "the same command resumes the study" in said, said
    assert code is None or slurm.exit_code(job) == code
    if act is not requeue:  # which goes on by itself
        (checkpoint,) = interrupted(store)
        assert checkpoint.exists()
        job = slurm.submit(script, output)
    slurm.wait_for(job, *OVER)
    assert slurm.state(job) == "COMPLETED", output.read_text()
    assert output.read_text().startswith(said)  # nothing of the first job's output is overwritten
    assert resumed(store) == ["waiting"]
    account = suite.compare(store, calm)
    print(account)
    assert account == (0, 0, 0)
