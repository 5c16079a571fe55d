from pathlib import Path

import pytest

from .suite import Launch


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """The store of the small study, run through without a fault."""
    store = tmp_path_factory.mktemp("undisturbed")
    code, output = Launch(store, cache).ended()
    assert code == 0, output
    return store
