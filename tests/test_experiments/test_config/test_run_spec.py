"""A run's key depends on all of its content and on nothing else; invalid content is an error."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from datasets.augmentation.pipeline import Augmentation
from experiments.config.run_spec import DecoderSpec, RecipeSpec, RunSpec
from tests.sources import ROOT
from tests.test_experiments.made import run_spec

LATER = ("crop", "randaugment", "randaugment_operations", "mixup", "cutmix", "cutout", "dice_classes")
"""Keys of the recipe that came after the first version."""
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-9, 99)
    | st.floats(-9, 9, width=32)
    | st.text("abcé_", max_size=5)
)
OPTIONS = st.dictionaries(st.text("abc_", min_size=1, max_size=4), SCALARS, max_size=5)

# A valid change of every field that a run has, by its place.
CHANGES: dict[str, Any] = {
    "task": "segmentation",
    "dataset.name": "others",
    "dataset.options": {"train": 65},
    "dataset.content": "abc",
    "backbone.name": "resnet18",
    "backbone.args": {"stem_width": 8},
    "backbone.pretrained": "sha256:0123",
    "backbone.ema": False,
    "decoder": {"name": "unet", "args": {}},
    "arm.module": "se",
    "arm.options": {"reduction": 4},
    "arm.site": "stage",
    "arm.width": 1.5,
    "arm.native": "strip",
    "recipe.epochs": 3,
    "recipe.batch_size": 8,
    "recipe.optimizer": "adamw",
    "recipe.learning_rate": 0.051,
    "recipe.weight_decay": 0.0,
    "recipe.momentum": 0.8,
    "recipe.schedule": "constant",
    "recipe.warmup": 0.0,
    "recipe.clip_gradient": 1.0,
    "recipe.ema": 0.9,
    "recipe.label_smoothing": 0.1,
    "recipe.dice": 0.5,
    "recipe.shift": 0,
    "recipe.contrast": 0.0,
    "recipe.brightness": 0.0,
    "recipe.dice_classes": "all",
    "recipe.flip": True,
    "recipe.crop": 0.5,
    "recipe.randaugment": 9,
    "recipe.randaugment_operations": 3,
    "recipe.mixup": 0.2,
    "recipe.cutmix": 1.0,
    "recipe.cutout": 4,
    "recipe.select": "best_val",
    "recipe.dtype": "bfloat16",
    "recipe.memory_format": "contiguous",
    "seed": 1,
    "stop": [{"epoch": 1, "below": 0.5}],
    "source": "class MyGate: ...",
}


def changed(place: str, value: Any) -> RunSpec:
    whole = run_spec().model_dump(mode="json")
    *path, last = place.split(".")
    inside = whole
    for word in path:
        inside = inside[word]
    inside[last] = value
    return RunSpec.model_validate_json(json.dumps(whole))


def places(part: dict[str, Any], model: Any) -> list[str]:
    """Every field of a description, those of its parts by their path."""
    found = []
    for name in model.model_fields:
        inner = getattr(model.model_fields[name].annotation, "model_fields", None)
        below = places(part[name], model.model_fields[name].annotation) if inner else []
        found += [f"{name}.{place}" for place in below] or [name]
    return found


def test_every_field_of_a_run_is_changed_below() -> None:
    assert sorted(places(run_spec().model_dump(), RunSpec)) == sorted([*CHANGES, "version"])


@pytest.mark.parametrize("place", CHANGES)
def test_every_field_changes_the_key(place: str) -> None:
    assert changed(place, CHANGES[place]).key != run_spec().key


def test_the_changes_lead_to_different_keys() -> None:
    keys = {changed(place, value).key for place, value in CHANGES.items()}
    assert len(keys) == len(CHANGES)


@given(OPTIONS, st.randoms())
def test_the_order_in_which_a_person_writes_keys_does_not_matter(
    options: dict[str, Any], random: Any
) -> None:
    shuffled = list(options.items())
    random.shuffle(shuffled)
    assert changed("arm.options", options).key == changed("arm.options", dict(shuffled)).key


@given(OPTIONS)
def test_a_run_comes_back_from_its_record_with_its_key(options: dict[str, Any]) -> None:
    spec = changed("arm.options", options)
    assert RunSpec.model_validate_json(json.dumps(spec.model_dump(mode="json"))).key == spec.key


@given(OPTIONS, OPTIONS)
def test_options_that_differ_as_json_have_different_keys(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (changed("arm.options", one).key == changed("arm.options", other).key) is same


@pytest.mark.parametrize("hash_seed", ["0", "1", "12345"])
def test_the_key_is_the_same_in_every_process(hash_seed: str) -> None:
    code = (
        "import sys; from experiments.config.run_spec import RunSpec;"
        " print(RunSpec.model_validate_json(sys.argv[1]).key)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, run_spec().model_dump_json()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
    )
    assert done.stdout.strip() == run_spec().key


@pytest.mark.parametrize("place", ["", "dataset", "backbone", "arm", "recipe"])
def test_an_unknown_key_is_an_error_wherever_it_is(place: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        changed(f"{place}.lerning_rate".lstrip("."), 0.1)


def test_text_that_yaml_left_of_a_number_is_taken_as_the_number() -> None:
    assert changed("recipe.learning_rate", "1e-3").recipe.learning_rate == 0.001
    assert changed("recipe.learning_rate", "1e-3").key == changed("recipe.learning_rate", 0.001).key


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 0.0, "fast", True])
def test_a_learning_rate_must_be_a_positive_number(value: Any) -> None:
    with pytest.raises(ValidationError):
        RecipeSpec(learning_rate=value)


@pytest.mark.parametrize(
    "place", ["weight_decay", "momentum", "warmup", "ema", "label_smoothing", "dice", "contrast"]
)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e-9])
def test_no_number_of_a_recipe_may_be_nan_infinite_or_negative(place: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        RecipeSpec(**{place: value})


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),
        ("epochs", "3"),
        ("batch_size", 1),
        ("shift", -1),
        ("flip", 1),
        ("schedule", "cosin"),
    ],
)
def test_a_recipe_is_strict_about_types_and_ranges(place: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        RecipeSpec(**{place: value})


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "1", True])
def test_a_seed_is_a_whole_number_that_every_generator_takes(seed: Any) -> None:
    with pytest.raises(ValidationError):
        changed("seed", seed)


def test_descriptions_never_change() -> None:
    recipe: Any = run_spec().recipe
    with pytest.raises(ValidationError, match="frozen"):
        recipe.epochs = 9


@pytest.mark.parametrize("pinned", json.loads((ROOT / "tests" / "recorded" / "keys.json").read_text()))
def test_a_spec_keeps_the_key_it_had_at_commit_a494016(pinned: dict[str, Any]) -> None:
    assert RunSpec.model_validate_json(json.dumps(pinned["spec"])).key == pinned["key"]


def test_runs_without_the_later_keys_have_the_key_that_they_had_before() -> None:
    assert set(LATER) <= set(RecipeSpec.model_fields)
    assert not set(LATER) & set(run_spec().model_dump(mode="json")["recipe"])
    assert run_spec().key == "bf28d558e64641c51956eda7b767455a5e4f353693ca643a429b7de8b6bae5c8"
    assert run_spec(mixup=0.2).key != run_spec(cutmix=0.2).key != run_spec().key


def test_every_strength_of_the_augmentation_is_a_key_of_the_recipe() -> None:
    of_the_data = {"operations", "mean", "std", "ignore", "classes"}
    assert set(Augmentation.__dataclass_fields__) - of_the_data <= set(RecipeSpec.model_fields)


def test_a_decoder_without_a_neck_keeps_its_key() -> None:
    assert DecoderSpec(name="fpn").model_dump() == {"name": "fpn", "args": {}}
    assert DecoderSpec(name="fpn", neck=8).model_dump() == {"name": "fpn", "args": {}, "neck": 8}
