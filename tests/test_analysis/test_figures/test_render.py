"""Rendering of all figures."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib import rc_context

from analysis.comparing import Comparison
from analysis.figures import Drawing, draw


def test_the_same_data_give_the_same_bytes_whatever_the_users_settings(
    comparison: Comparison, drawings: list[Drawing]
) -> None:
    with rc_context({"font.size": 20, "lines.linewidth": 9}):
        repeated = draw(comparison._replace(grids=[], curves=[], gains=[], families=comparison.families[:1]))
    later = ("forest-leave-one-out", "forest-tuned", "curves", "gains")
    assert repeated == [d for d in drawings if d.name not in later and not d.name.startswith("search-scse")]


def test_figures_are_as_wide_as_a_column_or_a_page(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        widths = [
            float(ElementTree.fromstring(s).attrib["width"].removesuffix("pt"))
            for s in (drawing.wide, drawing.narrow)
        ]
        assert widths == pytest.approx([6.75 * 72, 3.25 * 72])


def test_no_figure_has_a_date_or_an_outside_font(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        assert b"CreationDate" not in drawing.wide_pdf
        assert b"/Type3" not in drawing.wide_pdf
        assert b"/FontFile2" in drawing.wide_pdf
        assert "<dc:date>" not in drawing.wide


def test_ids_are_unique_over_all_figures_of_a_page(drawings: list[Drawing]) -> None:
    ids = [i for d in drawings for svg in (d.wide, d.narrow) for i in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))


def test_references_inside_a_figure_lead_to_its_own_parts(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        ids = set(re.findall(r'\bid="([^"]+)"', drawing.wide))
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', drawing.wide)) <= {(i, "") for i in ids} | {
            ("", i) for i in ids
        }


def test_titles_are_announced_in_the_order_of_the_drawings(comparison: Comparison) -> None:
    titles: list[str] = []
    bare = comparison._replace(
        families=comparison.families[2:], grids=[], curves=[], gains=[], controls=[], costs=[]
    )
    result = draw(bare, notify=titles.append)
    assert titles == [drawing.title for drawing in result]
