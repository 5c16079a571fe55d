"""The names that a search's trials share with recipes and with the record of a winner."""

from experiments.config.run_spec import RecipeSpec
from experiments.config.study_plan import TunedOptions
from experiments.search.trials import LEARNING_RATE
from tests.test_experiments.made import setting


def test_the_searched_learning_rate_is_a_key_of_recipes_and_of_the_record_of_a_winner() -> None:
    assert LEARNING_RATE in RecipeSpec.model_fields
    assert LEARNING_RATE in TunedOptions.model_fields
    assert getattr(setting().recipe, LEARNING_RATE) == 0.05
