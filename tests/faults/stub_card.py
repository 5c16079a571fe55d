"""A graphics card that is a file: runs note what they hold there, and are refused what is too much."""

import fcntl
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.orchestration.gpu_slots import CONTEXT_BYTES
from tests.faults import stub_work

GB = 2**30
CARDS = [("cuda:0", 16 * GB)]
PEAK, LARGE, LARGE_SEED = 3 * GB, 7 * GB, 13
NOTES = "card.jsonl"
Send = Callable[[str, Any], None]


def train(payload: dict[str, Any], send: Send) -> dict[str, Any]:
    """Hold half of the peak, most of it after a step, all of it after an epoch; then train as other stubs do."""
    device, memory, _ = payload["slot"]
    spec = json.loads(payload["spec"])
    peak = LARGE if spec["seed"] == LARGE_SEED else PEAK
    card = _Card(Path(payload["folder"]).parents[2] / NOTES, device, str(spec["seed"]), memory)
    card.hold(peak // 2)
    time.sleep(0.05)
    card.hold(int(0.9 * peak), "stepped")
    send("memory", (int(0.9 * peak), False))
    time.sleep(0.05)
    card.hold(peak)
    send("memory", (peak, True))
    time.sleep(0.3)
    result = stub_work.train(payload, send)
    card.hold(0)
    return result | {"gpu": {"card": "Stub", "peak_bytes": peak}}


class _Card:
    def __init__(self, notes: Path, device: str, key: str, memory: int | None) -> None:
        self.notes, self.device, self.key, self.memory = notes, device, key, memory

    def hold(self, amount: int, what: str = "holds") -> None:
        """Raises what torch raises where the run may not have so much, or the card has not."""
        if self.memory is not None and amount > self.memory:
            self._note("fenced", 0)
            raise RuntimeError(f"CUDA out of memory (stub): {amount} of {self.memory} bytes")
        self._note(what, amount + CONTEXT_BYTES if amount else 0)

    def _note(self, what: str, amount: int) -> None:
        with self.notes.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(json.dumps([self.device, self.key, what, amount]) + "\n")


def design(payload: dict[str, Any], send: Send) -> dict[str, Any]:
    """What other stubs plan, on these cards."""
    return stub_work.design(payload, send) | {"cards": CARDS}
