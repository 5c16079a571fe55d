"""Styles, and a family with known scores, for the figures' tests."""

from collections.abc import Iterator, Mapping

import pytest

from analysis.comparing import Family
from analysis.figures import ArmStyle, arm_styles
from analysis.figures.style import figure_style
from tests.test_analysis.small_family import compare_scores

BASE = [70.0, 71.0, 72.0, 70.5, 71.5, 72.5, 70.2, 71.2]
NOISE = [0.1, -0.2, 0.3, -0.1, 0.2, -0.3, 0.1, -0.1]


@pytest.fixture(autouse=True)
def project_style() -> Iterator[None]:
    with figure_style():
        yield


@pytest.fixture(scope="session")
def family() -> Family:
    """Arms 1.5 points better, two points worse, and without runs, on two settings."""
    better = [b + 1.5 + n for b, n in zip(BASE, NOISE, strict=True)]
    worse = [b - 2.0 + n for b, n in zip(BASE, NOISE, strict=True)]
    nothing = [float("nan")] * len(BASE)
    scores = {"none": BASE, "worse": worse, "better": better, "planned": nothing}
    return compare_scores({"a": scores, "b": scores}, roles={"worse": "positive_control"})


@pytest.fixture(scope="session")
def styles(family: Family) -> Mapping[str, ArmStyle]:
    return arm_styles(family.arms, family.baseline)
