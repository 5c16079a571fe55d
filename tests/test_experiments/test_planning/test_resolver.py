"""Settings and arms resolve to one spelling, or are refused where they would change nothing."""

from pathlib import Path
from typing import Any

import pytest

from experiments.config.run_spec import ArmSpec, BackboneSpec, DatasetSpec
from experiments.planning.resolver import Resolver
from tests.test_experiments.made import BACKBONE, setting


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"pretrained": True}, "backbone.args.pretrained: weights are given by"),
        ({"num_classes": 3}, "backbone.args.num_classes: comes from the data set"),
        ({"in_chans": 3}, "backbone.args.in_chans: comes from the data set"),
        ({"features_only": True}, "backbone.args.features_only: changes what the network is used for"),
    ],
)
def test_arguments_that_are_not_the_studys_to_set_are_refused(
    args: dict[str, Any], message: str, cache: Path
) -> None:
    backbone = BackboneSpec(name=BACKBONE.name, args={**BACKBONE.args, **args})
    with pytest.raises(ValueError, match=message):
        Resolver(cache).resolve_setting("c", setting().model_copy(update={"backbone": backbone}))


@pytest.mark.parametrize(
    ("width", "message"), [(1.001, "changes no number of channels"), (0.1, "4 are the fewest")]
)
def test_a_width_that_changes_nothing_or_leaves_too_little_is_refused(
    width: float, message: str, cache: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        Resolver(cache).resolve_arm(ArmSpec(width=width), setting())


def test_content_that_is_not_the_datas_hash_is_refused(cache: Path) -> None:
    dataset = DatasetSpec(name="cluttered_digits", options=setting().dataset.options, content="f00")
    with pytest.raises(ValueError, match=r"dataset.content: f00 is not the hash of cluttered_digits"):
        Resolver(cache).resolve_setting("c", setting().model_copy(update={"dataset": dataset}))


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("block", "block"),
        ("block@1,2,3,4", "block"),
        ("block@2,1", "block@1,2"),
        ("stage@4,3", "stage@3,4"),
    ],
)
def test_a_choice_of_stages_has_one_spelling(written: str, canonical: str, cache: Path) -> None:
    resolver = Resolver(cache)
    resolved = resolver.resolve_setting("c", setting())
    assert resolver.resolve_arm(ArmSpec(module="cse", site=written), resolved).site == canonical


def test_reductions_that_come_to_the_same_widths_are_one_run(cache: Path) -> None:
    resolver = Resolver(cache)
    arms = [ArmSpec(module="cse", options={"reduction": reduction}) for reduction in (8, 16)]
    first, second = (resolver.resolve_arm(arm, resolver.resolve_setting("c", setting())) for arm in arms)
    assert first == second


def test_a_shift_or_a_hole_as_large_as_the_images_is_refused(cache: Path) -> None:
    for key in ("shift", "cutout"):
        changed: dict[str, Any] = {key: 48}
        with pytest.raises(ValueError, match=f"recipe.{key}: must be less than the images' 48 pixels"):
            Resolver(cache).resolve_setting("classification", setting("classification", **changed))
