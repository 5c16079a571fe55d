"""The recipe's later keys: what they refuse, and that runs without them keep their keys."""

from datasets.augmentation.pipeline import Augmentation
from experiments.config.run_spec import LATER, RecipeSpec
from tests.test_experiments.made import run_spec


def test_runs_without_the_later_keys_have_the_key_that_they_had_before() -> None:
    assert set(LATER) <= set(RecipeSpec.model_fields)
    assert not set(LATER) & set(run_spec().model_dump(mode="json")["recipe"])
    assert run_spec().key == "bf28d558e64641c51956eda7b767455a5e4f353693ca643a429b7de8b6bae5c8"
    assert run_spec(mixup=0.2).key != run_spec(cutmix=0.2).key != run_spec().key


def test_every_key_is_one_of_the_augmentation() -> None:
    known = set(Augmentation.__dataclass_fields__) | {"randaugment_operations"}
    assert set(LATER) <= known
