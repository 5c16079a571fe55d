"""Checkpoints of a run: the last two are kept, each with its SHA-256 in front."""

import hashlib
import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from ..store import run_folder

SECONDS = 30.0
"""Time between two checkpoints."""
DIGEST = 32
"""Bytes of the SHA-256 at the start of a checkpoint."""


class Checkpoints:
    """Writes and reads the checkpoints in one run's folder."""

    def __init__(self, folder: Path, *, seconds: float = SECONDS) -> None:
        self.path = folder / run_folder.CHECKPOINT
        self.previous = self.path.with_suffix(".previous.pt")
        self.seconds = seconds
        self.saved = time.monotonic()
        self.loaded: str | None = None
        """SHA-256 of the checkpoint that was loaded."""

    def is_due(self) -> bool:
        """Whether it is time to save the next checkpoint."""
        return time.monotonic() - self.saved >= self.seconds

    def save(self, state: Mapping[str, object]) -> None:
        """Save the state; the checkpoint before it is kept as `previous`, so a crash while writing loses neither."""
        buffer = io.BytesIO()
        torch.save(dict(state), buffer)
        content = buffer.getvalue()
        if self.path.exists():
            self.path.replace(self.previous)
        run_folder.write_whole(self.path, hashlib.sha256(content).digest() + content)
        self.saved = time.monotonic()

    def load(self, warn: Callable[[str], object]) -> dict[str, Any] | None:
        """Load the newest undamaged state, or None; call `warn` with a line for each damaged checkpoint."""
        for path in (self.path, self.previous):
            if not path.exists():
                continue
            content = path.read_bytes()
            if hashlib.sha256(content[DIGEST:]).digest() == content[:DIGEST]:
                self.loaded = content[:DIGEST].hex()
                state: dict[str, Any] = torch.load(
                    io.BytesIO(content[DIGEST:]), weights_only=True, map_location="cpu"
                )
                return state
            warn(f"{path.name} is damaged and is not used")
        return None

    def discard(self) -> None:
        """Delete the checkpoints, after the run has its result."""
        self.path.unlink(missing_ok=True)
        self.previous.unlink(missing_ok=True)
