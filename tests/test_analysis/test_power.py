"""The assessment of a design before its runs."""

import pytest

from analysis.power import Design, assess, explain_impossible, format_design, read_designs
from analysis.statistics import equivalence_margin, equivalence_power

DESIGN = Design("made", seeds=6, arms=2, settings=1, margin=1.0, alpha=0.05, sd=0.5)


def test_a_design_with_too_few_seeds_explains_how_many_it_needs() -> None:
    assert explain_impossible(DESIGN) is None
    text = explain_impossible(DESIGN._replace(seeds=3))
    assert text == (
        "made: 3 seeds can never give BETTER or WORSE (the smallest p is 0.25, above 0.05); 6 seeds can"
    )


def test_effects_are_in_points_where_the_spread_is_known() -> None:
    known, unknown = assess(DESIGN, repetitions=60), assess(DESIGN._replace(sd=float("nan")), repetitions=60)
    assert known.detectable == pytest.approx(0.5 * unknown.detectable)
    assert known.equivalence > 0.9
    assert unknown.equivalence != unknown.equivalence


def test_the_table_marks_the_designs_own_seeds() -> None:
    text = format_design(DESIGN, seeds=(3,))
    assert text[0] == "made: 2 arms on 1 setting, level 0.05, margin 1 point, sd of differences 0.50 points"
    assert [line[0] for line in text[2:]] == [" ", "*"]
    assert "nothing" in text[2]


def test_the_table_of_a_design_with_too_few_seeds_starts_with_a_warning() -> None:
    assert format_design(DESIGN._replace(seeds=3), seeds=())[1].startswith(
        "warning: made: 3 seeds can never give"
    )


def test_the_largest_spread_that_detects_the_margin_needs_no_known_spread() -> None:
    result = assess(DESIGN._replace(sd=float("nan")), repetitions=60)
    assert result.sd_for_margin == pytest.approx(1 / result.detectable)
    repeated = equivalence_power(6, DESIGN.margin / result.sd_for_equivalence)
    assert repeated == pytest.approx(0.8, abs=0.01)
    assert equivalence_margin(2) != equivalence_margin(2)


def test_designs_are_read_from_another_program() -> None:
    text = (
        '[{"title": "made", "seeds": 6, "arms": 2, "settings": 1, "margin": 1.0, "alpha": 0.05, "sd": 0.5}]'
    )
    assert read_designs(text) == [DESIGN]
    for wrong in ("{", '[{"seeds": 6}]', '["made"]'):
        with pytest.raises(ValueError, match="standard input: not designs"):
            read_designs(wrong)
