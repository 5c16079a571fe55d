"""The catalog finds its entries and takes new ones."""

from collections.abc import Iterator

import pytest

from attention import CATALOG, build
from attention.catalog import Entry, find, register
from attention.channel.cse import Cse


def test_a_misspelled_module_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no attention module 'cbma'; did you mean 'cbam'\?"):
        build("cbma", 64)


@pytest.fixture(autouse=True)
def _restore_the_catalog() -> Iterator[None]:
    before = dict(CATALOG)
    yield
    CATALOG.clear()
    CATALOG.update(before)


def test_an_entry_is_found_under_the_name_it_was_registered_with() -> None:
    entry = Entry("mine", Cse, "gate", "nobody", 2026)
    register(entry)
    register(entry)
    assert find("mine") is entry
    assert list(CATALOG)[-1] == "mine"


def test_a_name_that_is_taken_or_reserved_is_rejected() -> None:
    with pytest.raises(ValueError, match="the catalog already has a module 'se'"):
        register(Entry("se", Cse, "gate", "nobody", 2026))
    with pytest.raises(ValueError, match="the name 'none' is reserved"):
        register(Entry("none", Cse, "gate", "nobody", 2026))
    assert CATALOG["se"].make is not Cse


def test_every_entry_is_listed_under_its_own_name_and_class() -> None:
    assert all(name == entry.name for name, entry in CATALOG.items())
    assert len({entry.make for entry in CATALOG.values()}) == len(CATALOG)
