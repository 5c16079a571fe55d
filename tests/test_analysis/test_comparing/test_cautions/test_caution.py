"""A caution's weight is one of three, of which the report and the terminal show alarms first."""

from typing import get_args

from analysis.comparing.cautions.caution import MAX_LISTED, Caution, Weight
from analysis.comparing.study import Comparison


def test_every_caution_of_a_study_has_a_known_weight_a_topic_and_a_sentence(comparison: Comparison) -> None:
    assert comparison.cautions
    for caution in comparison.cautions:
        assert isinstance(caution, Caution)
        assert caution.weight in get_args(Weight)
        assert caution.topic
        assert len(caution.text.split()) > 3


def test_no_caution_lists_more_runs_than_can_be_read(comparison: Comparison) -> None:
    assert all(caution.text.count(" seed ") <= MAX_LISTED for caution in comparison.cautions)
