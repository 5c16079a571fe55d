"""A filled store for the tests of its maintenance."""

import pytest

from experiments.store import StoreWriter
from tests.test_experiments.test_store.filled import fill


@pytest.fixture
def filled(store: StoreWriter) -> StoreWriter:
    """Two finished runs, one diverged, one planned; a second study with one run of its own."""
    return fill(store)
