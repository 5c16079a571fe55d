"""Names and options are parsed, and made canonical."""

import pytest

from attention import canonicalize, effective_values, parse


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
def test_text_that_cannot_be_parsed_is_rejected_in_one_line(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(text)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


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
