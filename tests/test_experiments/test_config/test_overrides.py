"""Overrides of the command line change the key that they name, or end in one line."""

from pathlib import Path
from typing import Any

import pytest

from experiments.config.overrides import SETTING_KEYS, apply_override, parse_value
from experiments.config.study_file import read_study
from tests.test_experiments.made import study_file


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("recipe.epoch=3", ["settings.classification.recipe.epoch", "'epochs'"]),
        ("recipee.epochs=3", ["recipee: unknown key"]),
        ("margn=2", ["margn: unknown key", "'margin'"]),
        ("search.trails=3", ["search.trails", "'trials'"]),
        ("arms.scs.site=stage", ["scs", "'scse'"]),
        ("settings.clasification.recipe.epochs=3", ["clasification", "'classification'"]),
        ("margin.low=3", ["--set margin.low=3"]),
        ("recipe.epochs", ["--set recipe.epochs", "KEY.KEY=VALUE"]),
        ("=3", ["--set =3", "KEY.KEY=VALUE"]),
        ("recipe..epochs=3", ["--set recipe..epochs=3"]),
        ("seeds=[0, 1", ["--set seeds=[0, 1"]),
        ("recipe.epochs=!!python/name:os.system", ["--set recipe.epochs"]),
        ("recipe.epochs=three", ["recipe.epochs", "'three'"]),
    ],
)
def test_a_mistake_in_an_override_is_named(change: str, says: list[str], tmp_path: Path) -> None:
    with pytest.raises(ValueError) as error:
        read_study(str(study_file(tmp_path)), changes=[change])
    assert "\n" not in str(error.value)
    assert [text for text in says if text not in str(error.value)] == []


def test_overrides_reach_their_key_and_keys_of_settings_reach_every_setting(tmp_path: Path) -> None:
    changes = ["recipe.epochs=5", "seeds=3", "dataset.options.train=32", "arms.cse.site=stage", "search=null"]
    study = read_study(str(study_file(tmp_path)), changes=changes)
    setting = study.settings["classification"]
    assert (setting.recipe.epochs, setting.dataset.options["train"], study.seeds) == (5, 32, (0, 1, 2))
    assert (study.arms["cse"].site, study.search) == ("stage", None)


def two_settings() -> dict[str, Any]:
    return {"settings": {"a": {"recipe": {"epochs": 1}}, "b": {}}, "arms": {"none": {}}}


def test_a_key_of_a_setting_is_set_in_every_setting() -> None:
    content = two_settings()
    apply_override(content, "recipe.epochs=3")
    assert content["settings"] == {"a": {"recipe": {"epochs": 3}}, "b": {"recipe": {"epochs": 3}}}
    assert SETTING_KEYS == ("task", "dataset", "backbone", "decoder", "recipe")


def test_one_setting_can_be_overridden_alone() -> None:
    content = two_settings()
    apply_override(content, "settings.b.recipe.epochs=3")
    assert content["settings"] == {"a": {"recipe": {"epochs": 1}}, "b": {"recipe": {"epochs": 3}}}


def test_a_root_of_data_is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = two_settings()
    apply_override(content, "settings.a.dataset.options.root=photos")
    assert content["settings"]["a"]["dataset"]["options"]["root"] == str(tmp_path / "photos")


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("[0, 1]", [0, 1]), ("null", None), ("1e-3", "1e-3"), ("a b", "a b")]
)
def test_a_value_is_read_as_yaml(text: str, value: object) -> None:
    assert parse_value(text, f"key={text}") == value
