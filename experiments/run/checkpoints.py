"""A run's checkpoints: at epoch ends and every so many seconds; the last two are kept, each with its SHA-256."""

import hashlib
import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from ..store import run_folder

SECONDS = 30.0
DIGEST = 32


class Checkpoints:
    """Writes and reads the checkpoints of one run's folder."""

    def __init__(self, folder: Path, *, seconds: float = SECONDS) -> None:
        self.path = folder / run_folder.CHECKPOINT
        self.previous = self.path.with_suffix(".previous.pt")
        self.seconds = seconds
        self.saved = time.monotonic()
        self.loaded: str | None = None
        """SHA-256 of the checkpoint that was read."""

    def due(self) -> bool:
        """Whether the last one is old enough for the next."""
        return time.monotonic() - self.saved >= self.seconds

    def save(self, state: Mapping[str, object]) -> None:
        """Keep the state; the one before stays until the new one is whole."""
        buffer = io.BytesIO()
        torch.save(dict(state), buffer)
        content = buffer.getvalue()
        if self.path.exists():
            self.path.replace(self.previous)
        run_folder.write_whole(self.path, hashlib.sha256(content).digest() + content)
        self.saved = time.monotonic()

    def load(self, note: Callable[[str], object]) -> dict[str, Any] | None:
        """The newest whole state, or None; `note` is told of each that is damaged."""
        for path in (self.path, self.previous):
            if not path.exists():
                continue
            whole = path.read_bytes()
            if hashlib.sha256(whole[DIGEST:]).digest() == whole[:DIGEST]:
                self.loaded = whole[:DIGEST].hex()
                state: dict[str, Any] = torch.load(
                    io.BytesIO(whole[DIGEST:]), weights_only=True, map_location="cpu"
                )
                return state
            note(f"{path.name} is damaged and is not used")
        return None

    def discard(self) -> None:
        """Remove them, after the run has its result."""
        self.path.unlink(missing_ok=True)
        self.previous.unlink(missing_ok=True)
