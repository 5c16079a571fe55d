"""The figure of one module at several sites."""

import numpy as np

from analysis.comparing.sites import SiteResult
from analysis.figures import WIDE
from analysis.figures.sites import draw_sites, site_table

from .artists import texts, title

RESULTS = [
    SiteResult("se", "early", "block@1", "a", 1.0, "BETTER"),
    SiteResult("se", "late", "block@4", "a", -0.25, "EQUIVALENT"),
    SiteResult("eca", "eca", "block@4", "b", -3.0, "WORSE"),
]


def test_a_decided_difference_has_a_star() -> None:
    values, notes = site_table(RESULTS[:2], ["se", "eca"], ["block@1", "block@4"])
    np.testing.assert_array_equal(values, [[1.0, -0.25], [np.nan, np.nan]])
    assert notes.tolist() == [["+1.00*", "−0.25"], ["", ""]]


def test_settings_are_panels_on_one_scale() -> None:
    first, second = draw_sites(RESULTS, width=WIDE).axes
    assert (title(first), title(second)) == ("a", "b")
    assert first.collections[0].get_clim() == second.collections[0].get_clim() == (-3.0, 3.0)
    assert texts(second.get_xticklabels()) == ["block@1", "block@4"]
    assert texts(first.get_yticklabels()) == ["se", "eca"]
    assert texts(second.texts) == ["−3.00*"]
