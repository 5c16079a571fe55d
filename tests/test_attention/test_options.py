"""Options are read from signatures, checked, parsed and made canonical."""

from typing import Annotated

import pytest
from torch import nn

from attention import CATALOG, build, canonicalize, effective_values, find, parse, read_options
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


def test_a_misspelt_module_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no attention module 'cbma'; did you mean 'cbam'\?"):
        build("cbma", 64)


def test_a_misspelt_option_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"scse: no option 'kernelsize'; did you mean 'kernel_size'\?"):
        build("scse", 64, kernelsize=3)


def test_a_wrong_value_is_answered_with_the_domain() -> None:
    with pytest.raises(ValueError, match="scse: kernel_size=4 is not one of: 1, 3, 5, 7"):
        build("scse", 64, kernel_size=4)


def test_parsing_reads_numbers_words_and_none() -> None:
    assert parse("cbam:reduction=8,kernel_size=7, order=sc") == (
        "cbam",
        {"reduction": 8, "kernel_size": 7, "order": "sc"},
    )
    assert parse("eca:kernel_size=none") == ("eca", {"kernel_size": None})
    assert parse("sse:bias=true") == ("sse", {"bias": True})
    assert parse("cbam:norm=none") == ("cbam", {"norm": "none"})
    assert parse("se") == ("se", {})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("se:reduction", "'reduction' must have the form option=value"),
        ("se:reduction=8,reduction=4", "option 'reduction' appears twice"),
        ("se:reductoin=8", "se: no option 'reductoin'; did you mean 'reduction'?"),
        ("se:k=8", "se: no option 'k'; take one of: reduction, min_hidden, pool, bias, squash, start"),
        ("se:reduction=7", "se: reduction=7 is not one of: 2, 4, 8, 16, 32"),
        ("sse:bias=1", "sse: bias=1 is not one of: False, True"),
    ],
)
def test_what_cannot_be_parsed_is_told_in_one_line(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(text)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_checking_fills_in_the_defaults() -> None:
    assert check_options(find("sse").make, {"bias": True}) == {"bias": True, "start": "identity"}


def test_effective_values_tell_the_hidden_width_and_the_kernel() -> None:
    assert effective_values("se", {"reduction": 8}, 64) == {"hidden": 8}
    assert effective_values("se", {"reduction": 32}, 64) == {"hidden": 4}
    assert effective_values("eca", {}, 256) == {"kernel_size": 5}
    assert effective_values("sse", {}) == {}


def test_two_spellings_of_one_module_have_one_canonical_form() -> None:
    assert canonicalize("se", {"reduction": 32}, [32, 64]) == canonicalize("se", {"reduction": 16}, [32, 64])
    assert canonicalize("se", {"reduction": 32, "min_hidden": 8}, [64]) == canonicalize(
        "se", {"reduction": 8}, [64]
    )
    assert canonicalize("eca", {"kernel_size": 3}, [64]) == canonicalize("eca", {}, [64])
    assert canonicalize("eca", {"kernel_size": 3, "gamma": 1}, [64]) == canonicalize(
        "eca", {"gamma": 2}, [64]
    )
    assert canonicalize("shuffled_gate", {"kernel_size": 3}) == canonicalize("shuffled_gate", {})


def test_different_modules_have_different_canonical_forms() -> None:
    forms = [str(canonicalize("se", {"reduction": r}, [256])) for r in (2, 4, 8, 16, 32)]
    assert len(set(forms)) == 5
    assert canonicalize("se", {"reduction": 32}, [64, 256]) != canonicalize(
        "se", {"reduction": 16}, [64, 256]
    )


def test_a_canonical_form_names_every_option_and_is_its_own_form() -> None:
    form = canonicalize("cbam", {"reduction": 8}, [64])
    assert form == {
        "reduction": 8,
        "min_hidden": 4,
        "kernel_size": 7,
        "order": "cs",
        "pool": "both",
        "norm": "batch",
        "start": "identity",
    }
    assert canonicalize("cbam", form, [64]) == form
