"""Whether class 0 is a background, by its name; and which runs keep their keys."""

from pathlib import Path

import pytest

from datasets.sources.benchmark_sets import VOC_CLASSES
from datasets.sources.camvid import CLASSES as CAMVID
from datasets.sources.cityscapes import CLASSES as CITYSCAPES
from experiments.config.run_spec import RecipeSpec
from experiments.planning.dice_classes import is_background, resolve_dice_classes
from experiments.planning.resolver import Resolver
from tests.test_experiments.made import setting


@pytest.mark.parametrize(
    ("name", "background"),
    [
        *((name, True) for name in ("background", "Background", "_background_", "BG", "void", "Unlabeled")),
        *(
            (name, True)
            for name in ("unlabelled", "no crack", "non-road", "not_water", "other", "class 0", "0")
        ),
        *((name, True) for name in ("#000000", "#ff0000", VOC_CLASSES[0])),
        *((name, False) for name in ("road", "sky", "wall", "facade", "cat", "ground", "notebook", "bgr")),
        *((name, False) for name in (CAMVID[0], next(iter(CITYSCAPES.values())))),
    ],
)
def test_a_background_is_known_by_its_name(name: str, background: bool) -> None:
    assert is_background(name) is background


@pytest.mark.parametrize(
    ("given", "classes", "resolved", "line"),
    [
        (None, ("background", "pet"), None, "all classes but 'background' (dice_classes: all changes it)"),
        (None, ("road", "sky"), "all", "all classes, 'road' included (dice_classes: foreground changes it)"),
        ("all", ("background", "pet"), "all", "all classes, 'background' included (as the recipe says)"),
        ("foreground", ("road", "sky"), None, "all classes but 'road' (as the recipe says)"),
    ],
)
def test_the_classes_follow_the_names_unless_the_recipe_gives_them(
    given: str | None, classes: tuple[str, ...], resolved: str | None, line: str
) -> None:
    recipe = RecipeSpec.model_validate({"dice": 1.0, "dice_classes": given})
    found, fact = resolve_dice_classes(recipe, classes)
    assert (found.dice_classes, fact) == (resolved, f"Dice loss: {line}")
    assert found.model_copy(update={"dice_classes": None}) == recipe.model_copy(update={"dice_classes": None})


def test_the_foreground_is_left_out_of_the_hashed_content() -> None:
    assert "dice_classes" not in resolve_dice_classes(RecipeSpec(), ("background", "pet"))[0].model_dump()
    assert resolve_dice_classes(RecipeSpec(), ("road", "sky"))[0].model_dump()["dice_classes"] == "all"


def test_the_plan_resolves_them_by_the_data_and_says_so(cache: Path) -> None:
    resolver = Resolver(cache)
    plain = resolver.resolve_setting("s", setting("segmentation"))
    assert plain.recipe.dice_classes is None
    assert (
        "Dice loss: all classes but 'background' (dice_classes: all changes it)" in resolver.data["s"].facts
    )
    given = resolver.resolve_setting("s", setting("segmentation", dice_classes="foreground"))
    assert given.recipe == plain.recipe
    assert (
        resolver.resolve_setting("s", setting("segmentation", dice_classes="all")).recipe.dice_classes
        == "all"
    )
    resolver.resolve_setting("c", setting())
    assert not [fact for fact in resolver.data["c"].facts if "Dice" in fact]
