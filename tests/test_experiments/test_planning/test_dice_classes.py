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

BACKGROUNDS = (
    *("background", "Background", "_background_", "BG", "bkg", "back ground", "Back-Ground", "BackGround"),
    *("0_background", "background (sea)", "sea background", "Clutter/background", "void", "Void/Unlabeled"),
    *(
        "Unlabeled",
        "unlabelled",
        "un-labeled",
        "not labelled",
        "unclassified",
        "un-classified",
        "nodata",
        "no data",
    ),
    *(
        "NoData",
        "no_data",
        "N/A",
        "no label",
        "none",
        "other",
        "others",
        "other class",
        "other and unknown",
        "rest",
    ),
    *(
        "empty",
        "clutter",
        "don't care",
        "Unlabeled pixels",
        "unlabelled area",
        "Other AND unknown",
        "no",
        "ignore",
        "Hintergrund",
    ),
    *("class 0", "class_0", "class0", "label 0", "0", "00", "#000000", "#ff0000", VOC_CLASSES[0]),
)
CLASSES = (
    *(
        "road",
        "sky",
        "wall",
        "facade",
        "cat",
        "ground",
        "notebook",
        "bgr",
        "no-damage",
        "building-non-flooded",
    ),
    *("road without markings", "empty road", "rest area", "other vehicle", "non-drivable area", "not rated"),
    *(
        "No Damage",
        "noDamage",
        "unknown vehicle",
        "unclassified road",
        "void space",
        "blank wall",
        "outside wall",
    ),
    *(
        "negative electrode",
        "non-background",
        "no background",
        "nothing but water",
        "other/road",
        "ignored road",
    ),
    *(
        "restaurant",
        "emptiness",
        "nonsense",
        "class 1",
        "class",
        "10",
        "#12345",
        "/",
        "backgrounder",
        "miscellany",
    ),
    *(CAMVID[0], next(iter(CITYSCAPES.values()))),
)


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_the_name_of_a_background_is_known(name: str) -> None:
    assert is_background(name)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_no_background_because_of_one_word_of_its_name(name: str) -> None:
    assert not is_background(name)
    assert not is_background(name, ("another", "third"))


@pytest.mark.parametrize(
    ("classes", "background"),
    [
        (("no crack", "crack"), True),
        (("no cracks", "Crack"), True),
        (("non-road", "road"), True),
        (("not_water", "water"), True),
        (("NonDrivableArea", "drivable area"), True),
        (("no-damage", "minor-damage"), False),
        (("no-damage", "damage", "destroyed"), False),
        (("building-non-flooded", "building-flooded"), False),
        (("crack", "no crack"), False),
        (("10", "20"), False),
    ],
)
def test_no_x_is_the_background_of_x_where_there_are_two_classes(
    classes: tuple[str, ...], background: bool
) -> None:
    assert is_background(classes[0], classes[1:]) is background
    recipe, _ = resolve_dice_classes(RecipeSpec(dice=1.0), classes)
    assert recipe.dice_classes == (None if background else "all")


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
