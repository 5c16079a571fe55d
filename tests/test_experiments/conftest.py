from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.store import StoreWriter, open_store


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where data sets are made once for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreWriter]:
    """An empty store, open for writing."""
    opened = open_store(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def deterministic() -> Iterator[None]:
    """Undo the process-wide switches that a run sets in its own process."""
    import torch

    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(strict)
