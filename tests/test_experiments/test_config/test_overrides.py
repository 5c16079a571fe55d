"""Overrides of the command line change the key that they name, or end in one line."""

from pathlib import Path
from typing import Any

import pytest

from experiments.config.overrides import SETTING_KEYS, apply_override, parse_value
from experiments.config.strict_yaml import MAX_DEPTH, MAX_VALUES
from experiments.config.study_file import read_study
from tests.test_experiments.made import STUDY, study_file
from user_error import UserError


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
    ("text", "value"),
    [
        *(("3", 3), ("-3", -3), ("1.5", 1.5), (".5", 0.5), ("1.0e-3", 0.001), ("1e-3", "1e-3")),
        *(
            ("[0, 1]", [0, 1]),
            ("{a: 1}", {"a": 1}),
            ("null", None),
            ("", None),
            ("true", True),
            ("False", False),
        ),
        *(("a b", "a b"), ("'no'", "no"), ('"#a b"', "#a b"), ("['#a', \"#b\"]", ["#a", "#b"])),
        *(("#000000 #ffffff", "#000000 #ffffff"), ("#000000", "#000000"), ("road #1, sky", "road #1, sky")),
        *((word, word) for word in ("yes", "no", "on", "off", "Yes", "NO", "y", "~", "=", "<<")),
        *((word, word) for word in ("1:30", "2020-01-01", "2020-13-45", "2020-01-01T10:00:00")),
        *((word, word) for word in ("007", "010", "000000", "0x10", "0b1", "1_000")),
        ("[yes, 010, 1:30, 2020-01-01]", ["yes", "010", "1:30", "2020-01-01"]),
        ("{no: off}", {"no": "off"}),
    ],
)
def test_a_value_is_a_number_a_truth_value_null_a_list_a_mapping_or_text(text: str, value: object) -> None:
    found = parse_value(text, f"key={text}")
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", ["[0, 1", "[#a]", "*a", "!!python/name:os.system", "'a"])
def test_a_value_that_is_not_yaml_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UserError) as error:
        parse_value(text, f"key={text}")
    assert str(error.value) == f"--set key={text}: the value is not valid YAML"


def test_colors_reach_the_options_of_a_data_set_as_text() -> None:
    content = two_settings()
    apply_override(content, "settings.a.dataset.options.palette=#000000 #ffffff")
    assert content["settings"]["a"]["dataset"]["options"]["palette"] == "#000000 #ffffff"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{none: {}, a: {module: se}, a: {module: eca}}", "`a` is given twice"),
        ("[{x: {b: 1, 'b': 2}}]", "`b` is given twice"),
        ("{1: {}}", "`1` is a key that YAML reads as a number; in quotes it is text: '1'"),
        ("{null: {}}", "`null` is a key that YAML reads as no value; in quotes it is text: 'null'"),
        ("{[a]: 1}", "a list or mapping is a key"),
        ("&a [*a]", "an alias refers to a value that it is part of"),
        ("!!int x", "`x` cannot be read as int"),
        ("!!timestamp 2020-01-01", "`2020-01-01` is read as a date; in quotes it is text: '2020-01-01'"),
        (r'"\ud800"', "a text holds half a character (a lone surrogate)"),
    ],
)
def test_a_value_obeys_the_rules_of_a_study_file(text: str, says: str) -> None:
    with pytest.raises(UserError) as error:
        parse_value(text, f"key={text}")
    assert str(error.value) == f"--set key={text}: {says}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 30_000 + "]" * 30_000, f"more than {MAX_DEPTH} levels in each other"),
        (
            "[&a0 [x, x]" + "".join(f", &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)) + "]",
            f"more than {MAX_VALUES:,} values, aliases included",
        ),
    ],
)
def test_a_value_without_end_is_one_short_line(text: str, says: str) -> None:
    with pytest.raises(UserError) as error:
        parse_value(text, f"key={text}")
    assert says in str(error.value)
    assert len(str(error.value)) < 200


def test_a_label_that_is_given_twice_on_the_command_line_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="`a` is given twice"):
        read_study(str(study_file(tmp_path)), changes=["arms={none: {}, a: {module: se}, a: {module: eca}}"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("recpie.epochs=3", "recpie: unknown key; did you mean 'recipe'?"),
        ("datset.options.train=3", "datset: unknown key; did you mean 'dataset'?"),
        ("settings_off=quick", "settings_off: unknown key; did you mean 'settings_of'?"),
        (
            "recipe.epoch=3",
            "settings.classification.recipe.epoch: unknown key; did you mean 'epochs'?",
        ),
        ("baseline=nine", "baseline: no arm 'nine'; did you mean 'none'?"),
        (
            "seeds=many",
            "seeds: must be a whole number of seeds, or a list such as [0, 1, 2], not 'many'",
        ),
        (
            "arms.cse.module=cse:reduktion=8",
            "arms.cse.module: cse: no option 'reduktion'; did you mean 'reduction'?",
        ),
    ],
)
def test_a_mistake_of_the_command_line_is_not_blamed_on_the_file(
    change: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as error:
        read_study(str(study_file(tmp_path)), changes=["margin=2", change])
    assert str(error.value) == f"--set {change}: {says}"


def test_a_mistake_of_the_file_is_not_blamed_on_the_command_line(tmp_path: Path) -> None:
    path = study_file(tmp_path, STUDY.replace("epochs: 2", "epochs: two"))
    with pytest.raises(UserError) as error:
        read_study(str(path), changes=["recipe.batch_size=3", "margin=2"])
    assert str(error.value).startswith(f"{path}: settings.classification.recipe.epochs: ")


@pytest.mark.parametrize("written", ["", "[]", "3"])
def test_an_override_below_what_is_no_mapping_is_one_line(written: str, tmp_path: Path) -> None:
    path = study_file(tmp_path, f"margin: 1\nseeds: 1\nsettings_of: smoke\narms: {written}\n")
    for change in ("arms.a.module=se", "arms.a=se"):
        with pytest.raises(UserError) as error:
            read_study(str(path), changes=[change])
        assert "\n" not in str(error.value)
