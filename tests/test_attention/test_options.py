"""Options are read from signatures and checked."""

from typing import Annotated

import pytest
from torch import nn

from attention import CATALOG, find, read_options
from attention.options import Choice, Flag, IntRange, LogRange, MinHidden, Odd, Reduction, check_options


def test_odd_lists_odd_numbers_only() -> None:
    assert Odd(1, 7).values() == (1, 3, 5, 7)
    assert Odd(2, 6).values() == (3, 5)


def test_a_range_lists_its_numbers_and_describes_its_ends() -> None:
    assert IntRange(2, 4).values() == (2, 3, 4)
    assert IntRange(2, 4).describe() == "2 to 4"


@pytest.mark.parametrize(
    ("domain", "value"),
    [
        (Choice(1, 2), 3),
        (Choice(1, 2), True),
        (Choice("a"), "b"),
        (Flag(), 1),
        (Odd(1, 7), 4),
        (IntRange(1, 3), 0),
        (Reduction(), 3),
        (MinHidden(), 0),
        (LogRange(1e-6, 1.0), 2.0),
        (LogRange(1e-6, 1.0), "x"),
        (LogRange(1e-6, 1.0), float("nan")),
        (LogRange(1e-6, 1.0), True),
    ],
)
def test_a_value_outside_its_domain_is_refused(domain: Choice, value: object) -> None:
    with pytest.raises(ValueError, match=r"is not"):
        domain.check(value)


def test_reading_gives_names_domains_defaults_and_types_in_order() -> None:
    options = read_options(find("scse").make)
    assert list(options) == ["reduction", "min_hidden", "kernel_size", "fusion", "start"]
    assert options["kernel_size"].domain == Odd(1, 7)
    assert options["kernel_size"].default == 1
    assert options["fusion"].type is str


@pytest.mark.parametrize("name", CATALOG)
def test_every_option_has_a_domain_that_describes_itself(name: str) -> None:
    assert all(option.domain.describe() for option in read_options(CATALOG[name].make).values())


def test_an_option_without_a_domain_is_refused() -> None:
    class Bare(nn.Module):
        def __init__(self, channels: int, *, size: int = 3) -> None: ...

    with pytest.raises(ValueError, match="option 'size' needs one domain and a default"):
        read_options(Bare)


def test_a_default_outside_its_domain_is_refused() -> None:
    class Wrong(nn.Module):
        def __init__(self, channels: int, *, size: Annotated[int, Odd(1, 7)] = 4) -> None: ...

    with pytest.raises(ValueError, match="4 is not one of: 1, 3, 5, 7"):
        read_options(Wrong)


def test_checking_fills_in_the_defaults() -> None:
    assert check_options(find("sse").make, {"bias": True}) == {"bias": True, "start": "identity"}
