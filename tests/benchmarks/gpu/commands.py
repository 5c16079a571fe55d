"""The suite as a user runs it: `run smoke`, `status`, `verify` and `reproduce`, with a new store."""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from experiments.store import PlanRow, open_store, run_folder
from tests.benchmarks.gpu import throughput
from tests.benchmarks.gpu.report import Report, Setup
from tests.benchmarks.gpu.utilization import watch

ROOT = Path(__file__).parents[3]
SECONDS = {"run": 120.0, "reproduce": 45.0}
OTHERS = 30.0
SMALL = ("seeds=1", "recipe.epochs=1", "dataset.options.train=64", "dataset.options.validation=32")
"""Changes to the study in a rehearsal."""
SHOWN = 20


class Done(NamedTuple):
    """A command that has ended: its exit code (None: stopped at its limit), seconds, and output.

    `began` is in seconds since 1970, `busy` the share of time that the card computed.
    """

    code: int | None
    seconds: float
    output: str
    began: float
    busy: str

    @property
    def last_line(self) -> str:
        lines = [line for line in self.output.splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""


def measure(setup: Setup, report: Report) -> None:
    device = setup.device.partition(":")[0]  # all cards, as most users would say
    if importlib.util.find_spec("wandb") is None:
        report.line("wandb is missing: the commands run with WANDB_MODE=disabled.")
    report.header("command", " exit code", " seconds", " busy", "last line of its output")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        done = [call(words, store, report) for words in _commands(device, tiny=setup.tiny)]
        _describe_runs(store, done[0], report)
        for one in done:
            if one.code != 0:
                report.block("A command that failed", one.output.splitlines()[-SHOWN:])


def _commands(device: str, *, tiny: bool) -> list[tuple[str, ...]]:
    changes = [word for change in SMALL for word in ("--set", change)] if tiny else []
    return [
        ("run", "smoke", "--device", device, *changes),
        ("status", "smoke"),
        ("verify", "smoke"),
        ("reproduce", "smoke", "--sample", "1" if tiny else "3", "--device", device),
    ]


def call(words: Sequence[str], store: Path, report: Report) -> Done:
    """Run one command of the suite and write its row; an exit code other than 0 is a fault."""
    command = [sys.executable, "-m", "experiments", *words, "--store", str(store)]
    done = _run(command, SECONDS.get(words[0], OTHERS))
    code = "stopped at its limit" if done.code is None else done.code
    report.row(f"`{' '.join(words)}`", code, f"{done.seconds:.1f}", done.busy, done.last_line)
    if done.code != 0:
        report.fault(f"{' '.join(words)}: exit code {code}: {done.last_line}")
    return done


def _run(command: Sequence[str], seconds: float) -> Done:
    started, began = time.monotonic(), time.time()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output, watch() as utilization:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            code: int | None = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            _stop(process)
            code = None
        spent = time.monotonic() - started
        output.seek(0)
        text = plain(output.read())
    return Done(code, spent, text, began, utilization.text)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the command to save and end, as Ctrl-C does; kill it if it does not."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def environment() -> Mapping[str, str]:
    """Return the environment of a user without network or account."""
    mode = "offline" if importlib.util.find_spec("wandb") else "disabled"
    return {**os.environ, "WANDB_MODE": mode, "WANDB_SILENT": "true", "HF_HUB_OFFLINE": "1", "COLUMNS": "160"}


def plain(text: str) -> str:
    """Return the text without the escape sequences of a terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "\n")


def _describe_runs(store: Path, done: Done, report: Report) -> None:
    """Write how many runs ended how, runs an hour, memory on the card, and the logs of those that failed."""
    with closing(open_store(store, readonly=True)) as records:
        rows = list(records.plan_rows("smoke"))
        starts = [
            throughput.timestamp(attempt.started) for row in rows for attempt in records.attempts(row.key)
        ]
        failed = [(row, records.folder(row.key) / run_folder.LOG) for row in rows if row.state != "finished"]
    finished = [row for row in rows if row.state == "finished"]
    report.header("runs of `run smoke`", " ")
    report.row("finished", len(finished))
    report.row("not finished", len(failed))
    if finished:
        for name, value in _numbers(finished, starts, done):
            report.row(name, value)
    for row, log in failed[:3]:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
        report.block(f"Log of {row.setting} {row.arm} seed {row.seed}, {row.state}", tail[-SHOWN:])
        report.fault(f"run {row.setting} {row.arm} seed {row.seed}: {row.state}")


def _numbers(rows: Sequence[PlanRow], starts: Sequence[float], done: Done) -> Iterator[tuple[str, str]]:
    """Yield what the finished runs say of the suite's speed and memory."""
    results = [row.result for row in rows if row.result is not None]
    seconds = [result.seconds for result in results if result.seconds is not None]
    peaks = [result.gpu.peak_bytes / 2**20 for result in results if result.gpu is not None]
    yield from throughput.rows(throughput.Schedule(done.began, done.began + done.seconds, starts, seconds))
    yield "peak MiB of a run on the card", f"{max(peaks):.0f}" if peaks else "needs a card"
