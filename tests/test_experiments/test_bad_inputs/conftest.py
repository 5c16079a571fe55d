"""What holds for every bad input: the data of one cache, no W&B, and no trace in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from attention import CATALOG


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, cache: Path, deterministic: None) -> Iterator[None]:
    monkeypatch.setenv("ABLATION_CACHE", str(cache))
    monkeypatch.setenv("WANDB_MODE", "disabled")
    before = dict(CATALOG)
    yield
    assert before == CATALOG
