"""A mistake anywhere in a study ends in one line that names its key and what would be right."""

from pathlib import Path
from typing import Any

import pytest

from experiments.config.study_file import read_study
from experiments.config.validation import validate_study
from tests.test_experiments.made import STUDY, content, study, study_file

# What a person mistyped (old text -> new text), and what the line must say.
MISSPELT = {
    "a study key": ("margin:", "margn:", ["margn: unknown key", "'margin'"]),
    "a setting's key": ("recipe: {", "recip: {", ["settings.classification.recip", "'recipe'"]),
    "a recipe's key": ("epochs:", "epoch:", ["settings.classification.recipe.epoch", "'epochs'"]),
    "an arm's key": (
        "options: {kernel_size: 3}",
        "option: {kernel_size: 3}",
        ["arms.scse.option", "'options'"],
    ),
    "a design's key": ("removed:", "remove:", ["designs.0", "remove"]),
    "a design's kind": ("leave_one_out", "leave_one_uot", ["designs.0", "leave_one_uot", "'leave_one_out'"]),
    "a design's arm": ("full: scse", "full: scsee", ["designs.0: no arm 'scsee'", "'scse'"]),
    "a component's arm": ("spatial gate: cse", "spatial gate: csee", ["designs.0: no arm 'csee'"]),
    "a search's key": ("trials:", "trails:", ["search.trails: unknown key", "'trials'"]),
    "a search's arm": (
        "scse: {kernel_size: [1, 3]",
        "scs: {kernel_size: [1, 3]",
        ["search.arms: no arm 'scs'"],
    ),
    "a search's setting": (
        "learning_rates: {classification:",
        "learning_rates: {clasification:",
        ["search.learning_rates: no setting 'clasification'", "'classification'"],
    ),
    "a task": (
        "task: classification",
        "task: clasification",
        ["settings.classification.task", "'clasification'"],
    ),
    "a value's type": ("epochs: 2", "epochs: two", ["settings.classification.recipe.epochs", "'two'"]),
    "a value's range": ("epochs: 2", "epochs: 0", ["settings.classification.recipe.epochs", "0"]),
    "a seed below zero": ("seeds: [0, 1]", "seeds: [0, -1]", ["seeds.1", "-1"]),
    "a seed that is too large": ("seeds: [0, 1]", "seeds: [4294967296]", ["seeds.0", "4294967296"]),
    "a seed named twice": ("seeds: [0, 1]", "seeds: [1, 1]", ["seeds", "each once"]),
    "no seeds": ("seeds: [0, 1]", "seeds: 0", ["seeds", "at least one seed"]),
    "no margin": ("margin: 1.0\n", "", ["margin: is missing"]),
    "a margin that is no number": ("margin: 1.0", "margin: .nan", ["margin"]),
    "an infinite learning rate": ("learning_rate: 0.05", "learning_rate: .inf", ["recipe.learning_rate"]),
    "a negative learning rate": (
        "learning_rate: 0.05",
        "learning_rate: -0.05",
        ["recipe.learning_rate", "-0.05"],
    ),
    "no baseline": ("  none: {}\n", "", ["baseline: no arm 'none'"]),
    "a decoder that belongs elsewhere": (
        "    recipe:",
        "    decoder: {name: unet}\n    recipe:",
        ["settings.classification", "`decoder`"],
    ),
    "a search without the baseline": ("arms: {none: {}, scse:", "arms: {scse:", ["search.arms", "'none'"]),
    "a search on the study's seeds": ("trials: 4", "trials: 4\n  seed: 1", ["search.seed: 1"]),
    "a date": ("title: A small study", "title: 2026-01-01", ["date"]),
    "a name that is no file name": ("title: A small study", "name: ../up", ["name", "'../up'"]),
    "an expectation without a control": (
        "cse: {module: cse}",
        "cse: {module: cse, expect: BETTER}",
        ["arms.cse"],
    ),
    "shifted seeds that meet the study's": (
        "  cse: {module: cse}",
        "  cse: {module: cse}\n  again: {role: aa, seed_shift: 1}",
        ["arms.again.seed_shift"],
    ),
}


@pytest.mark.parametrize("what", MISSPELT)
def test_a_mistake_in_a_study_file_is_named_with_its_place(what: str, tmp_path: Path) -> None:
    old, new, says = MISSPELT[what]
    assert old in STUDY
    path = study_file(tmp_path, STUDY.replace(old, new, 1))
    with pytest.raises(ValueError) as error:
        read_study(str(path))
    assert "\n" not in str(error.value)
    assert [text for text in [str(path), *says] if text not in str(error.value)] == []


def test_a_search_without_a_learning_rate_for_a_setting_is_an_error(tmp_path: Path) -> None:
    text = STUDY.replace("learning_rates: {classification: {low: 0.01, high: 0.3}}", "learning_rates: {}")
    with pytest.raises(ValueError, match="learning_rates: the setting 'classification' has no range"):
        read_study(str(study_file(tmp_path, text)))


def test_a_valid_study_is_returned_as_a_specification() -> None:
    assert validate_study(content(), source="small.yaml") == study()


def test_of_two_errors_the_misspelt_key_is_named_and_not_the_missing_one() -> None:
    changed: dict[str, Any] = content()
    changed["margn"] = changed.pop("margin")
    with pytest.raises(ValueError, match=r"^small\.yaml: margn: unknown key; did you mean 'margin'"):
        validate_study(changed, source="small.yaml")


def test_a_value_that_yaml_took_for_a_comment_is_named_as_a_missing_one(tmp_path: Path) -> None:
    text = STUDY.replace("test: 48}}", "palette: #000000 #ffffff\n      }}")
    with pytest.raises(ValueError) as error:
        read_study(str(study_file(tmp_path, text)))
    place = "settings.classification.dataset.options.palette"
    assert str(error.value).endswith(f"{place}: has no value; text that begins with # must be in quotes")


def test_a_list_of_class_names_is_answered_with_the_text_that_is_wanted(tmp_path: Path) -> None:
    text = STUDY.replace("test: 48}}", "classes: [a, b]}}")
    with pytest.raises(ValueError, match=r"options\.classes: must be one .* text, not a list; .* 'a, b'$"):
        read_study(str(study_file(tmp_path, text)))
