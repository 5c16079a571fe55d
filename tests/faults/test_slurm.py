"""A real SLURM: a job that is cancelled, requeued or over its time saves its runs, and the next one goes on.

The batch script is the one of docs/reliability.md, with the words of the small study in it.
"""

import re
import shlex
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


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(
        prefix="slurm"
    ) as folder:  # short: a socket's path has at most 107 characters
        started = Cluster(Path(folder))
        yield started
        started.stop()


def batch_script(store: Path, cache: Path) -> str:
    """The script of the documentation, for the small study."""
    text = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```bash\n(#!/bin/bash\n#SBATCH .*?)```", text, re.DOTALL)
    here = f"cd {shlex.quote(str(ROOT))}\nexport WANDB_MODE=disabled ABLATION_CACHE={shlex.quote(str(cache))}"
    script, found = re.subn(r"^source environment.sh$", here, script, flags=re.MULTILINE)
    words = shlex.join(suite.command(store, "--workers", "1"))
    script, exec_found = re.subn(
        r"^exec python -m experiments run .*$", f"exec {words}", script, flags=re.MULTILINE
    )
    assert (found, exec_found) == (1, 1)
    return str(script)


def until_something_trains(store: Path) -> None:
    end = time.monotonic() + cluster.PATIENCE
    while not list(store.glob(f"runs/*/*/{run_folder.CHECKPOINT}")):
        assert time.monotonic() < end
        time.sleep(0.1)


def told_when_it_ended(output: Path) -> str:
    """The job's output, once its processes have ended: SLURM may give the job its next state before."""
    end = time.monotonic() + 60
    while "the same command resumes the study" not in output.read_text() and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    return output.read_text()


def nothing_is_running(store: Path) -> list[Path]:
    """Assert that every run at work was saved; return the checkpoints."""
    with closing(open_store(store, readonly=True)) as records:
        counts = records.counts(suite.STUDY)
        assert {"running", "failed"} & set(counts) == set(), counts
        stopped = [cell.key for cell in records.cells(suite.STUDY) if cell.state == "interrupted"]
        return [records.folder(key) / run_folder.CHECKPOINT for key in stopped]


def cancel(slurm: Cluster, job: str, store: Path) -> None:
    slurm.ask("scancel", job)
    slurm.wait_for(job, "CANCELLED")
    slurm.wait_until_gone(job)


def requeue(slurm: Cluster, job: str, store: Path) -> None:
    slurm.ask("scontrol", "requeue", job)
    slurm.wait_for(job, "PENDING")


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
    undisturbed: Path,
) -> None:
    store, output, script = tmp_path / "store", tmp_path / "output.txt", tmp_path / "job.sh"
    script.write_text(batch_script(store, cache))
    job = slurm.submit(script, output, *options)
    until_something_trains(store)
    act(slurm, job, store)
    said = told_when_it_ended(output)
    assert "stopping: workers save their runs first" in said, said
    assert "the same command resumes the study" in said, said
    assert code is None or slurm.exit_code(job) == code
    checkpoints = nothing_is_running(store)
    assert checkpoints or act is run_out_of_time  # SLURM chooses the moment, which may be between two runs
    assert all(path.exists() for path in checkpoints)
    if act is requeue:
        slurm.wait_for(job, *OVER)  # by itself, about two minutes later
    else:
        job = slurm.submit(script, output)
        slurm.wait_for(job, *OVER)
    assert slurm.state(job) == "COMPLETED", output.read_text()
    assert output.read_text().startswith(said)  # nothing of the first job's output is overwritten
    account = suite.compare(store, undisturbed)
    print(account)
    assert account == (0, 0, 0)
