"""The style of figures, and of every arm."""

import re

import matplotlib
import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from analysis.figures import arm_styles
from analysis.figures.style import (
    BASELINE,
    COLORS,
    figure_style,
    freeze_layout,
    shorten_label,
    to_pdf,
    to_svg,
)


def test_thirty_arms_differ_by_color_marker_or_dash() -> None:
    styles = arm_styles([f"arm {i}" for i in range(30)], "none")
    assert len(set(styles.values())) == 31


def test_an_arms_style_follows_its_position_and_the_baseline_is_grey() -> None:
    styles = arm_styles(["se", "none", "eca"], "none")
    assert styles["none"] == (BASELINE, "o", "-")
    assert (styles["se"].color, styles["eca"].color) == COLORS[:2]


@pytest.mark.parametrize(
    ("label", "most", "text"),
    [("short", 28, "short"), ("a" * 20 + "b" * 20, 28, "a" * 19 + "…" + "b" * 8), ("abc", 3, "abc")],
)
def test_a_long_label_is_cut_in_the_middle(label: str, most: int, text: str) -> None:
    assert shorten_label(label, most) == text
    assert len(shorten_label(label, most)) <= most


def test_the_users_own_settings_do_not_matter() -> None:
    with rc_context({"font.size": 20, "lines.linewidth": 9}), figure_style():
        assert matplotlib.rcParams["font.size"] == 8
        assert matplotlib.rcParams["lines.linewidth"] == 1.3


def test_ids_start_with_the_figures_name_and_links_follow() -> None:
    figure = Figure()
    figure.subplots().plot([0, 1], [0, 1], marker="o")
    text = to_svg(freeze_layout(figure), "a b")
    ids = set(re.findall(r'\bid="([^"]+)"', text))
    links = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    assert ids
    assert all(name.startswith("a-b-") for name in ids)
    assert links
    assert links <= ids


def test_files_have_no_date() -> None:
    figure = Figure()
    assert "<dc:date>" not in to_svg(figure, "x")
    assert b"CreationDate" not in to_pdf(figure)
