"""A misspelling anywhere in a study ends in one line that names the place and what would be right."""

from pathlib import Path

import pytest

from experiments.config.study_file import read_study, shipped_studies
from experiments.planning.designs import expand
from tests.test_experiments.made import STUDY, study_file

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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seeds: [0, 1", "not valid YAML"),
        ("a: b: c", "not valid YAML"),
        ("- a list", "a study file must be a mapping"),
        ("", "a study file must be a mapping"),
        ("title: !!python/object/apply:os.system ['true']", "not valid YAML"),
        ("title: !!python/name:os.system", "not valid YAML"),
        ("\x00", "not valid YAML"),
    ],
)
def test_what_is_no_study_is_refused_in_one_line(text: str, says: str, tmp_path: Path) -> None:
    path = study_file(tmp_path, text)
    with pytest.raises(ValueError, match=says) as error:
        read_study(str(path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_bytes_that_are_no_text_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(ValueError, match="cannot be read"):
        read_study(str(path))


@pytest.mark.parametrize(
    ("old", "new", "twice"),
    [
        ("  sse: {module: sse}", "  cse: {module: sse}", "cse"),
        ("margin: 1.0", "margin: 1.0\nmargin: 2.0", "margin"),
    ],
)
def test_a_key_that_is_given_twice_is_an_error(old: str, new: str, twice: str, tmp_path: Path) -> None:
    path = study_file(tmp_path, STUDY.replace(old, new))
    with pytest.raises(ValueError, match=f"{twice}.* is given twice") as error:
        read_study(str(path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_misspelt_study_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="no study 'quik'; did you mean 'quick'"):
        read_study("quik")


@pytest.mark.parametrize("name", ["missing.yaml", "folder/missing.yml"])
def test_a_study_file_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: no such study file"):
        read_study(name)


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
def test_a_mistake_in_a_change_is_named(change: str, says: list[str], tmp_path: Path) -> None:
    with pytest.raises(ValueError) as error:
        read_study(str(study_file(tmp_path)), changes=[change])
    assert "\n" not in str(error.value)
    assert [text for text in says if text not in str(error.value)] == []


def test_changes_reach_what_they_name_and_parts_of_settings_reach_every_setting(tmp_path: Path) -> None:
    changes = ["recipe.epochs=5", "seeds=3", "dataset.options.train=32", "arms.cse.site=stage", "search=null"]
    study = read_study(str(study_file(tmp_path)), changes=changes)
    setting = study.settings["classification"]
    assert (setting.recipe.epochs, setting.dataset.options["train"], study.seeds) == (5, 32, (0, 1, 2))
    assert (study.arms["cse"].site, study.search) == ("stage", None)


def test_a_rate_written_as_yaml_reads_it_is_taken_as_a_number(tmp_path: Path) -> None:
    study = read_study(str(study_file(tmp_path, STUDY.replace("learning_rate: 0.05", "learning_rate: 1e-3"))))
    assert study.settings["classification"].recipe.learning_rate == 0.001


def test_a_file_without_a_name_has_its_own(tmp_path: Path) -> None:
    assert read_study(str(study_file(tmp_path))).name == "small"


def test_settings_can_be_those_of_another_study_or_of_a_file_beside(tmp_path: Path) -> None:
    study_file(tmp_path)
    other = tmp_path / "other.yaml"
    for source in ("small.yaml", "smoke"):
        other.write_text(f"margin: 1\nseeds: 1\nsettings_of: {source}\narms: {{none: {{}}}}\n")
        expected = read_study(str(tmp_path / source) if source.endswith("yaml") else source)
        assert read_study(str(other)).settings == expected.settings


def test_settings_are_given_or_taken_but_not_both(tmp_path: Path) -> None:
    path = study_file(tmp_path, f"settings_of: smoke\n{STUDY}")
    with pytest.raises(ValueError, match="either `settings` or `settings_of`"):
        read_study(str(path))


def test_a_misspelt_source_of_settings_is_answered_with_its_place_and_the_nearest(tmp_path: Path) -> None:
    path = study_file(tmp_path, "margin: 1\nseeds: 1\nsettings_of: smok\narms: {none: {}}\n")
    with pytest.raises(ValueError, match="'smoke'") as error:
        read_study(str(path))
    assert f"{path}: settings_of" in str(error.value)


@pytest.mark.parametrize("name", shipped_studies())
def test_every_shipped_study_is_read_and_expands(name: str) -> None:
    study = read_study(name)
    arms, families = expand(study)
    assert study.name == name
    assert study.title
    assert study.question
    assert study.baseline in arms
    assert families[0].arms
    for family in families:
        tuned = {f"{label} tuned" for label in study.search.arms} if study.search else set()
        assert {family.baseline, *family.arms} <= {*arms, *tuned}


def test_the_studies_of_the_issue_are_shipped() -> None:
    assert {"smoke", "quick", "search", "paper_scse", "paper_cbam", "calibration"} <= set(shipped_studies())


def test_a_setting_whose_learning_rate_the_search_leaves_out_is_refused(tmp_path: Path) -> None:
    text = STUDY.replace("learning_rates: {classification: {low: 0.01, high: 0.3}}", "learning_rates: {}")
    with pytest.raises(ValueError, match="learning_rates: the setting 'classification' has no range"):
        read_study(str(study_file(tmp_path, text)))


def test_a_file_of_weights_is_looked_for_beside_the_study(tmp_path: Path) -> None:
    named = STUDY.replace(
        "backbone: {name: resnet10t,", "backbone: {pretrained: model.safetensors, name: resnet10t,"
    )
    study = read_study(str(study_file(tmp_path, named)))
    assert study.settings["classification"].backbone.pretrained == str(tmp_path / "model.safetensors")


def test_an_arms_module_may_carry_its_options(tmp_path: Path) -> None:
    text = STUDY.replace("cse: {module: cse}", 'cse: {module: "cse:reduction=8,min_hidden=2"}')
    arm = read_study(str(study_file(tmp_path, text))).arms["cse"]
    assert (arm.module, arm.options) == ("cse", {"reduction": 8, "min_hidden": 2})


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('{module: "cse:reduction=5"}', r"arms\.cse\.module: cse: reduction=5 is not one of"),
        (
            '{module: "cse:reduktion=8"}',
            r"arms\.cse\.module: cse: no option 'reduktion'; did you mean 'reduction'",
        ),
        ('{module: "cse:reduction=8", options: {min_hidden: 2}}', "arms\\.cse: options are given twice"),
    ],
)
def test_options_of_a_module_that_cannot_be_are_told(written: str, says: str, tmp_path: Path) -> None:
    text = STUDY.replace("cse: {module: cse}", f"cse: {written}")
    with pytest.raises(ValueError, match=says):
        read_study(str(study_file(tmp_path, text)))
