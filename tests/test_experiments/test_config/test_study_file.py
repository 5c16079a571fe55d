"""A study is read by its name or file, with its settings, modules and overrides in place."""

from pathlib import Path

import pytest

from experiments.config.study_file import read_module_source, read_study, shipped_studies
from experiments.planning.designs import expand
from tests.test_experiments.made import STUDY, study_file
from user_error import UserError


def test_a_misspelt_study_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="no study 'quik'; did you mean 'quick'"):
        read_study("quik")


@pytest.mark.parametrize("name", ["missing.yaml", "folder/missing.yml"])
def test_a_study_file_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: no such study file"):
        read_study(name)


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


def test_a_source_of_settings_may_be_named_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study_file(tmp_path)
    other = tmp_path / "folder" / "other.yaml"
    other.parent.mkdir()
    other.write_text("margin: 1\nseeds: 1\nsettings_of: smoke\narms: {none: {}}\n")
    monkeypatch.chdir(tmp_path)
    small = read_study("small.yaml").settings
    assert read_study(str(other), changes=["settings_of=small.yaml"]).settings == small
    assert read_study(str(other), changes=["settings_of=quick"]).settings == read_study("quick").settings
    changed = read_study(str(other), changes=["recipe.epochs=9", "settings_of=small.yaml"])
    assert changed.settings["classification"].recipe.epochs == 9
    for change in ("settings_of=smoke", " settings_of = 'smoke'"):
        replaced = read_study("small.yaml", changes=["search=null", change])
        assert replaced.settings == read_study("smoke").settings
    last = read_study("small.yaml", changes=["search=null", "settings_of=smoke", "settings_of=quick"])
    assert last.settings == read_study("quick").settings


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("settings_of=smok", "no study 'smok'; did you mean 'smoke'? (or give a .yaml file)"),
        ("settings_of=missing.yaml", "missing.yaml: no such study file"),
        ("settings_of=3", "give a study's name or file, such as settings_of=quick"),
        ("settings_of=", "give a study's name or file, such as settings_of=quick"),
        ("settings_of=[quick]", "give a study's name or file, such as settings_of=quick"),
    ],
)
def test_a_wrong_source_of_settings_on_the_command_line_is_named_there(
    change: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as error:
        read_study(str(study_file(tmp_path)), changes=[change])
    assert str(error.value) == f"--set {change}: {says}"


@pytest.mark.parametrize(
    ("written", "number"), [("1e2", 100), ("2.0", 2), ("'6'", 6), ("3", 3), ("1.0e+1", 10), ("' 7 '", 7)]
)
def test_a_number_of_seeds_may_be_written_in_any_way(written: str, number: int, tmp_path: Path) -> None:
    text = STUDY.replace("seeds: [0, 1]", f"seeds: {written}")
    assert read_study(str(study_file(tmp_path, text))).seeds == tuple(range(number))
    assert read_study(str(study_file(tmp_path)), changes=[f"seeds={written}"]).seeds == tuple(range(number))


@pytest.mark.parametrize("written", ["2.5", "many", "true", "", "{a: 1}", ".inf", ".nan", "'1e999'"])
def test_what_is_no_number_of_seeds_is_answered_with_what_is_wanted(written: str, tmp_path: Path) -> None:
    path = study_file(tmp_path, STUDY.replace("seeds: [0, 1]", f"seeds: {written}"))
    with pytest.raises(UserError) as error:
        read_study(str(path))
    assert str(error.value).startswith(
        f"{path}: seeds: must be a whole number of seeds, or a list such as [0, 1, 2], not "
    )


@pytest.mark.parametrize("written", ["[smoke]", "{a: b}", "3", "null"])
def test_a_source_of_settings_is_text(written: str, tmp_path: Path) -> None:
    path = study_file(tmp_path, f"margin: 1\nseeds: 1\nsettings_of: {written}\narms: {{none: {{}}}}\n")
    with pytest.raises(ValueError, match="settings_of: must be a study's name or file"):
        read_study(str(path))


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
def test_invalid_options_of_a_module_are_named(written: str, says: str, tmp_path: Path) -> None:
    text = STUDY.replace("cse: {module: cse}", f"cse: {written}")
    with pytest.raises(ValueError, match=says):
        read_study(str(study_file(tmp_path, text)))


@pytest.mark.parametrize(
    ("head", "encoding"), [("", "utf-8"), ("", "utf-8-sig"), ("# -*- coding: gbk -*-\n", "gbk")]
)
def test_a_module_file_is_read_in_the_encoding_that_it_names(
    tmp_path: Path, head: str, encoding: str
) -> None:
    text = f"{head}x = 1  # \u901a\u9053\n"
    (tmp_path / "mine.py").write_text(text, encoding=encoding)
    assert read_module_source(tmp_path / "mine.py", "mine.py") == text


@pytest.mark.parametrize("head", ["", "# -*- coding: nonsense -*-\n", "# -*- coding: rot13 -*-\n"])
def test_a_module_file_in_an_unknown_encoding_is_to_be_saved_as_utf_8(tmp_path: Path, head: str) -> None:
    (tmp_path / "mine.py").write_bytes(f"{head}x = 1\ny = 2\nz = 3  # \u901a\u9053\n".encode("gbk"))
    with pytest.raises(UserError, match=r"^modules 'mine.py': cannot be read: .*; save it as UTF-8$"):
        read_module_source(tmp_path / "mine.py", "mine.py")
