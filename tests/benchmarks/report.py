"""How long a large study's report takes: `python -m tests.benchmarks.report`.

Made-up stores, written through the store's own functions: 21 arms x 4 settings x 8 seeds, and a frame of 100,000 runs.
Prints CPU and wall seconds, peak memory and bytes beside their bounds; exit code 1 where a bound does not hold.
"""

from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from analysis import frames
from experiments.store import PlanRow, open_store
from tests.test_analysis.synthetic_store import QUICK, Arm, make_study

SETTINGS = {
    "classification-a": ("accuracy", 80.0),
    "classification-b": ("accuracy", 70.0),
    "segmentation-a": ("iou", 60.0),
    "segmentation-b": ("iou", 77.0),
}
ROWS = 100_000
SECONDS, MEMORY, PAGE = 60.0, 2e9, 2e6


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        lines = [*_reports(Path(folder)), _frame(Path(folder))]
    for text, holds in lines:
        print(text if holds else f"{text}  DOES NOT HOLD")
    return 0 if all(holds for _, holds in lines) else 1


def _reports(folder: Path) -> Iterator[tuple[str, bool]]:
    arms = {name: QUICK[name] for name in ("none", "narrow", "constant")}
    arms |= {f"arm {i}": Arm(0.15 * i - 1, module="cse", extra=100 * i) for i in range(18)}
    with_runs = make_study(folder / "store", arms=arms, settings=SETTINGS, seeds=8, trials=12, epochs=10)
    with_runs.close()
    contents = []
    for number in (1, 2):
        output = folder / f"report {number}"
        seconds, cpu, peak = _reported(folder / "store", output)
        files = sorted(p for p in output.rglob("*") if p.is_file())
        contents.append(hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest())
        text = (
            f"report of {len(arms) * 4 * 8} runs: {seconds:.1f} s ({cpu:.1f} s of CPU), {peak / 1e6:.0f} MB"
        )
        yield f"{text}; at most {SECONDS:g} s, {MEMORY / 1e6:.0f} MB", seconds <= SECONDS and peak <= MEMORY
    page = (folder / "report 1" / "report.html").stat().st_size
    yield f"page: {page / 1e6:.2f} MB; under {PAGE / 1e6:g} MB", page < PAGE
    yield (
        f"twice: {len(files)} files, {'identical' if len(set(contents)) == 1 else 'different'} bytes",
        (len(set(contents)) == 1),
    )


def _reported(store: Path, output: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak bytes of one `python -m analysis report`."""
    command = ["report", "made", "--store", str(store), "--output", str(output)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "analysis", *command], check=True, capture_output=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, 1024.0 * after.ru_maxrss


def _frame(folder: Path) -> tuple[str, bool]:
    """The tidy frame of as many runs as a large group makes in a year."""
    store = open_store(folder / "store", readonly=True)
    some = [row for row in store.plan_rows("made") if row.role == "run"]
    store.close()
    rows: list[PlanRow] = [some[i % len(some)]._replace(seed=i // len(some)) for i in range(ROWS)]
    start, cpu = time.perf_counter(), time.process_time()
    frame = frames.tidy(rows)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    text = f"frame of {len(frame)} runs: {seconds:.1f} s ({cpu:.1f} s of CPU); at most {SECONDS:g} s"
    return text, seconds <= SECONDS and len(frame) == ROWS


if __name__ == "__main__":
    sys.exit(main())
