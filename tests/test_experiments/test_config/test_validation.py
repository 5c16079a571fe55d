"""A mistake anywhere in a study ends in one line that names its key and what would be right."""

import re
from pathlib import Path
from typing import Any

import pytest

from experiments.config.names import MISSING, TRUTH
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
    "shifted seeds that are too large": (
        "  cse: {module: cse}",
        "  cse: {module: cse}\n  again: {role: aa, seed_shift: 4294967295}",
        ["arms.again.seed_shift: 4294967295 makes the seed 4294967296, above 4294967295"],
    ),
    "a baseline that is read as a truth value": (
        "margin: 1.0",
        "margin: 1.0\nbaseline: no",
        ["baseline", "not False", "in quotes it is text"],
    ),
    "seeds by the million": (
        "seeds: [0, 1]",
        "seeds: 1000000",
        [
            "4 arms x 1 settings x 1,000,000 seeds and 2,000,008 runs of the search make 6,000,008 runs",
            "10,000",
        ],
    ),
    "seeds by the milliard": ("seeds: [0, 1]", "seeds: 5000000000", ["seeds: 5000000000", "1,000,000"]),
    "a search without end": ("trials: 4", "trials: 1000000", ["runs", "limits: {runs: 2000012}"]),
    "a component that is not removed": (
        "spatial gate: cse",
        "spatial gate: scse",
        ["designs.0", "removed.spatial gate: scse is the full arm itself, so nothing is removed"],
    ),
    "a component that is added": (
        "full: scse, removed: {spatial gate: cse, channel gate: sse}",
        "full: none, removed: {spatial gate: cse}",
        [
            "designs.0",
            "removed.spatial gate: cse adds attention to the full arm none, which has no module, so nothing is removed",
        ],
    ),
    "a grid beyond all bounds": (
        "{kind: leave_one_out, full: scse, removed: {spatial gate: cse, channel gate: sse}}",
        f"{{kind: grid, module: scse, factors: {{a: {list(range(30))}, b: {list(range(20))}}}}}",
        ["designs.0: 604 arms x 1 settings make 604 arms, more than 500"],
    ),
    "no component": (
        "{spatial gate: cse, channel gate: sse}",
        "{}",
        ["designs.0", "names no component, so nothing is removed"],
    ),
    "two components removed by one arm": (
        "channel gate: sse",
        "channel gate: cse",
        ["designs.0", "cse is the arm without another component as well"],
    ),
    "a value that is searched twice": ("kernel_size: [1, 3]", "kernel_size: [1, 1]", ["lists 1 twice"]),
    "no factor": (
        "{kind: leave_one_out, full: scse, removed: {spatial gate: cse, channel gate: sse}}",
        "{kind: one_factor, reference: scse, factors: {}}",
        ["designs.0", "names no option, so nothing varies"],
    ),
    "an option that is set and varied": (
        "{kind: leave_one_out, full: scse, removed: {spatial gate: cse, channel gate: sse}}",
        "{kind: grid, module: scse, options: {fusion: add}, factors: {fusion: [add, max]}}",
        ["designs.0", "fusion is set in `options` and varied in `factors`"],
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


@pytest.mark.parametrize("name", [*sorted(MISSING | TRUTH), " ", "\u3000"])
def test_a_name_that_pandas_does_not_read_back_is_refused_where_it_is_written(
    name: str, tmp_path: Path
) -> None:
    path = study_file(tmp_path, STUDY.replace("  sse: {module: sse}", f'  "{name}": {{module: sse}}', 1))
    with pytest.raises(ValueError, match=re.escape(f"{path}: arms.{name}: ")) as error:
        read_study(str(path))
    assert "take another name" in str(error.value)


def test_a_setting_of_such_a_name_is_refused(tmp_path: Path) -> None:
    path = study_file(
        tmp_path, STUDY.replace("classification: {", "nan: {").replace("  classification:\n", "  nan:\n")
    )
    with pytest.raises(
        ValueError, match=r"settings\.nan: pandas\.read_csv reads this name as a missing value"
    ):
        read_study(str(path))


@pytest.mark.parametrize(("limit", "taken"), [(20, True), (19, False)])
def test_the_number_of_runs_is_bounded_by_the_limit(limit: int, taken: bool) -> None:
    """Four arms on three seeds, and for each of two searched arms one trial and three winners: 12 + 8 = 20 runs."""
    changed = content() | {"seeds": [0, 1, 2], "limits": {"runs": limit}}
    changed["search"]["trials"] = 1
    if taken:
        assert validate_study(changed, source="small.yaml").limits.runs == 20
        return
    with pytest.raises(ValueError, match=r"make 20 runs, more than 19; .*limits: \{runs: 20\}"):
        validate_study(changed, source="small.yaml")


def test_limits_at_their_defaults_are_in_no_record() -> None:
    assert set(study().limits.model_dump()) == {"run_memory_mb", "run_minutes", "study_minutes"}


def test_a_key_that_is_not_text_is_refused_wherever_it_comes_from() -> None:
    changed = content()
    changed["arms"][1] = {"module": "cse"}
    with pytest.raises(ValueError, match=r"small\.yaml: arms: the key 1 is not text"):
        validate_study(changed, source="small.yaml")


def test_a_value_that_contains_itself_is_one_line() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match=r"^small\.yaml: a value has too many levels, or contains itself$"):
        validate_study(content() | {"title": endless}, source="small.yaml")


def test_broken_unicode_of_a_command_line_is_one_short_line() -> None:
    with pytest.raises(ValueError, match=r"^small\.yaml: a text is not valid Unicode$"):
        validate_study(content() | {"title": "\udcff"}, source="small.yaml")


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


NAMES = "a name is 1 to 64 small letters a-z, digits, dots, underscores and hyphens, of which the first is a letter or"


@pytest.mark.parametrize(
    ("stem", "proposal"),
    [("A", "a"), ("My study (2)", "my-study-2"), ("-x", "x"), ("é", "my-name"), ("x" * 65, "x" * 64)],
)
def test_a_file_whose_name_no_study_may_have_says_which_may_and_how_to_set_one(
    stem: str, proposal: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{stem}.yaml"
    path.write_text(STUDY)
    with pytest.raises(ValueError) as error:
        read_study(str(path))
    assert str(error.value).startswith(f"{path}: name: {NAMES} digit, such as {proposal}, not ")
    assert str(error.value).endswith("it is the file's name, so set `name:` or rename the file")
    path.write_text(f"name: {proposal}\n{STUDY}")
    assert read_study(str(path)).name == proposal


WRONG_NAMES = {
    "a setting in capitals": (
        "settings:\n  classification:",
        "settings:\n  Class X:",
        "settings: a name is 1 to 64",
    ),
    "an arm with a tab": ("  sse: {", '  "a\\tb": {', "arms: a label is 1 to 60 characters in one line"),
    "an arm without a name": ("  sse: {", '  "": {', "arms: a label is 1 to 60 characters in one line"),
    "an arm with a long name": ("  sse: {", f"  {'x' * 61}: {{", "arms: a label is 1 to 60 characters"),
    "a baseline of two lines": (
        "arms:",
        'baseline: "a\\nb"\narms:',
        "baseline: a label is 1 to 60 characters",
    ),
    "a key below an unprintable name": (
        "  sse: {",
        '  "a\\u200eb": {modul: x, ',
        r"arms.'a\u200eb'.modul: unknown key",
    ),
}


@pytest.mark.parametrize("what", WRONG_NAMES)
def test_a_name_that_may_not_be_is_told_in_words_and_not_as_a_regular_expression(
    what: str, tmp_path: Path
) -> None:
    old, new, says = WRONG_NAMES[what]
    assert old in STUDY
    path = study_file(tmp_path, STUDY.replace(old, new, 1))
    with pytest.raises(ValueError) as error:
        read_study(str(path))
    assert str(error.value).startswith(f"{path}: {says}")
    assert str(error.value).isprintable()
    assert not [sign for sign in ("pattern", "[key]", "^[", "String should") if sign in str(error.value)]


@pytest.mark.parametrize("native", ["strip", "replace"])
def test_a_network_may_lose_the_attention_that_it_ships_with(native: str) -> None:
    changed = content()
    changed["arms"]["stripped"] = {"native": native} | ({"module": "eca"} if native == "replace" else {})
    changed["designs"] = [{"kind": "leave_one_out", "full": "none", "removed": {"gate": "stripped"}}]
    assert validate_study(changed, source="small.yaml").designs[0].kind == "leave_one_out"


@pytest.mark.parametrize("arm", [{"native": "keep"}, {"native": "strip", "module": "eca"}, {"module": "eca"}])
def test_a_full_arm_without_any_attention_loses_none(arm: dict[str, str]) -> None:
    changed = content()
    changed["arms"] |= {"bare": {"native": "strip"}, "other": arm}
    changed["designs"] = [{"kind": "leave_one_out", "full": "bare", "removed": {"gate": "other"}}]
    with pytest.raises(
        ValueError, match=r"designs\.0: removed\.gate: other adds attention to the full arm bare"
    ):
        validate_study(changed, source="small.yaml")
