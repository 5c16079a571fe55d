"""The share of time in which a card computed while a command ran, as its driver reports it once a second."""

import contextlib
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from typing import NamedTuple

QUERY = ("nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "--loop=1")


class Utilization(NamedTuple):
    """What the driver printed: a line for each card and second."""

    lines: list[str]

    @property
    def text(self) -> str:
        """The mean in percent for the report, over all cards; "not measured" where the driver gives no number."""
        numbers = [int(line) for line in self.lines if line.strip().isdecimal()]
        return f"{statistics.mean(numbers):.0f} %" if numbers else "not measured"


@contextlib.contextmanager
def watch(command: Sequence[str] = QUERY) -> Iterator[Utilization]:
    """Ask the driver until the block ends. The answer is complete then, and empty where there is no driver."""
    utilization = Utilization([])
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        yield utilization
        return
    try:
        yield utilization
    finally:
        process.terminate()
        output, _ = process.communicate()
        utilization.lines.extend(output.splitlines())
