"""Questions that a compared family answers about itself."""

import pytest

from analysis.comparing.family import Family, main_family, slug
from tests.test_analysis.small_family import compare_scores

SCORES = {
    "a": {"none": [70.0, 71.0, 72.0], "placebo": [70.0, 71.0, 72.5], "se": [71.0, 72.0, 73.0]},
    "b": {"none": [60.0, 61.0, 62.0], "placebo": [60.0, 61.0, 62.5], "se": [61.0, 62.0, float("nan")]},
}


@pytest.fixture(scope="module")
def family() -> Family:
    return compare_scores(SCORES, roles={"placebo": "control"})


def test_controls_come_last(family: Family) -> None:
    assert family.arms == ("placebo", "se")
    assert family.arms_then_controls == ["se", "placebo"]


def test_only_positive_controls_are_off_the_scale(family: Family) -> None:
    assert family.arms_without_positive_controls == ["placebo", "se"]
    roles = {"placebo": "positive_control"}
    assert family._replace(roles=roles).arms_without_positive_controls == ["se"]


def test_pairs_are_counted_over_all_cells(family: Family) -> None:
    assert (family.pairs, family.pair_counts) == (3, "2 to 3")
    assert family._replace(cells=family.cells[:2]).pair_counts == "3"


def test_the_smallest_p_is_that_of_the_cell_with_the_most_pairs(family: Family) -> None:
    assert family.smallest_p == 2.0 ** (1 - 3)


def test_the_label_is_the_title_or_else_the_name(family: Family) -> None:
    assert family.label == "main"
    assert family._replace(title="Arms against none").label == "Arms against none"


@pytest.mark.parametrize(
    ("text", "expected"), [("One factor: SE/4", "one-factor-se-4"), ("__", "unnamed"), ("a", "a")]
)
def test_a_slug_has_letters_digits_and_hyphens_only(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_the_main_family_has_that_role_or_is_the_first(family: Family) -> None:
    other = family._replace(role="tuned")
    assert main_family([other, family]) is family
    assert main_family([other, other._replace(name="x")]) is other
