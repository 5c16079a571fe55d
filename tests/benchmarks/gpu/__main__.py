"""Run every part in a process of its own and write one Markdown report: `python -m tests.benchmarks.gpu`.

    python -m tests.benchmarks.gpu [--cpu] [--only PART ...] [--device cuda:N] [--seconds 470]

The report goes to the file that OUT_FILE names. A part that fails, crashes or exceeds its time does not stop the
others; it is listed at the end, and the exit code is 1.
"""

import argparse
import contextlib
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.gpu.report import FAULT, Report, Setup, one_line

ROOT = Path(__file__).parents[3]


class Part(NamedTuple):
    """One part of the report: the module that makes it, its heading, and the most seconds that it may take."""

    name: str
    title: str
    seconds: float


PARTS = (
    Part("machine", "The machine", 45),
    Part("modules", "Every module: equal bits on the card, and errors to float64", 130),
    Part("runs", "Both tasks as runs: equal bits, and the metrics beside the CPU's", 75),
    Part("commands", "The suite from the command line", 180),
    Part("speed", "Speed of training", 90),
    Part("card_tests", "Tests that need a card", 60),
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    setup = Setup("cpu" if options.cpu else options.device, tiny=options.cpu)
    if options.part:
        return run_part(options.part, setup, Report(options.output))
    chosen = [part for part in PARTS if not options.only or part.name in options.only]
    output = Path(os.environ.get("OUT_FILE") or ROOT / "docs" / "benchmarks-gpu.md").absolute()
    return run_all(chosen, setup, output, seconds=options.seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [part.name for part in PARTS]
    parser.add_argument("--cpu", action="store_true", help="rehearse with tiny sizes on the CPU")
    parser.add_argument("--device", default="cuda:0", help="torch's name of the card (default: cuda:0)")
    parser.add_argument("--only", nargs="+", choices=names, help="make these parts only")
    parser.add_argument("--seconds", type=float, default=470, help="time limit of all parts together")
    parser.add_argument("--part", choices=names, help="make this part in this process, into --output")
    parser.add_argument("--output", type=Path, default=Path(os.devnull), help="where --part writes")
    return parser


def run_part(name: str, setup: Setup, report: Report) -> int:
    """Make one part in this process; an exception becomes a fault with its traceback."""
    try:
        importlib.import_module(f"tests.benchmarks.gpu.{name}").measure(setup, report)
    except Exception as error:
        report.block("Traceback", traceback.format_exc().splitlines()[-25:])
        report.fault(f"{type(error).__name__}: {error}")
    return report.close()


def run_all(parts: Sequence[Part], setup: Setup, output: Path, *, seconds: float) -> int:
    """Make the parts one after another, write the report, and return 1 if any part has a fault."""
    started, sections, faults = time.monotonic(), list[str](), list[str]()
    for part in parts:
        print(f"\n== {part.name}", flush=True)
        left = seconds - (time.monotonic() - started)
        text, wrong = _in_process(part, setup, min(part.seconds, left))
        sections.append(f"## {part.title}\n\n{text.strip()}\n")
        faults += [f"{part.name}: {fault}" for fault in wrong]
    spent = time.monotonic() - started
    write(output, setup, sections, faults, spent)
    print(f"\n{spent:.0f} s, written to {output}")
    print(*(f"FAULT {fault}" for fault in faults), sep="\n")
    return 1 if faults else 0


def _in_process(part: Part, setup: Setup, seconds: float) -> tuple[str, list[str]]:
    """Make one part in a process group of its own; return its Markdown and its faults."""
    if seconds < 10:
        return "Not made: no time was left.", ["not made: no time was left"]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "part.md"
        command = [sys.executable, "-m", "tests.benchmarks.gpu", "--part", part.name, "--output", str(output)]
        command += ["--cpu"] if setup.tiny else ["--device", setup.device]
        started = time.monotonic()
        code = _wait(command, seconds)
        spent = time.monotonic() - started
        text = output.read_text(encoding="utf-8") if output.exists() else ""
    text, faults = split_faults(text)
    if code is None:
        faults.append(f"stopped after its limit of {seconds:.0f} s")
    elif code and not faults:
        faults.append(f"ended with exit code {code}")
    return f"{text.strip()}\n\n({spent:.0f} s)", faults


def split_faults(text: str) -> tuple[str, list[str]]:
    """Separate a part's lines from its faults, which the top of the report lists; leave their number."""
    lines = text.splitlines()
    faults = [line.removeprefix(FAULT) for line in lines if line.startswith(FAULT)]
    kept = [line for line in lines if not line.startswith(FAULT)]
    if faults:
        kept += ["", f"Faults of this part, listed at the top: {len(faults)}."]
    return "\n".join(kept), faults


def _wait(command: Sequence[str], seconds: float) -> int | None:
    """Run a command to its end; kill it and its children at the time limit, and return None then."""
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what the part itself started may be alive still
        process.wait()


def write(output: Path, setup: Setup, sections: Sequence[str], faults: Sequence[str], spent: float) -> None:
    """Write the whole report: a title, what was wrong, and the parts' sections."""
    kind = "A rehearsal on the CPU with tiny sizes: no number here means anything. " if setup.tiny else ""
    head = (
        f"# The suite on a graphics card\n\n{kind}Made by `bash tests/benchmarks/gpu.sh` in {spent:.0f} s.\n"
    )
    wrong = "\n".join(f"- {one_line(fault)}" for fault in faults) or "- none"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("\n".join([head, f"Faults:\n\n{wrong}\n", *sections]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
