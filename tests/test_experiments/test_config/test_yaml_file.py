"""A study's YAML file is read strictly, and its paths are made absolute."""

from pathlib import Path

import pytest

from experiments.config.study_file import read_study
from experiments.config.yaml_file import MAX_BYTES, absolute_path, load_yaml
from tests.test_experiments.made import STUDY, study_file


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
def test_a_file_that_is_not_a_study_is_an_error_of_one_line(text: str, says: str, tmp_path: Path) -> None:
    path = study_file(tmp_path, text)
    with pytest.raises(ValueError, match=says) as error:
        read_study(str(path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_text_is_an_error_of_one_line(tmp_path: Path) -> None:
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


def test_a_file_that_is_too_large_for_a_study_is_refused_at_once(tmp_path: Path) -> None:
    path = study_file(tmp_path, "# " + "x" * MAX_BYTES)
    with pytest.raises(ValueError, match=r"small\.yaml: is larger than 1 MB, so it is no study file"):
        read_study(str(path))


def test_what_is_refused_inside_a_file_names_the_file(tmp_path: Path) -> None:
    path = study_file(tmp_path, STUDY.replace("  cse: {", "  no: {"))
    with pytest.raises(ValueError, match=f"^{path}: `no` is a key"):
        read_study(str(path))


def test_a_file_of_weights_is_looked_for_beside_the_study(tmp_path: Path) -> None:
    named = STUDY.replace(
        "backbone: {name: resnet10t,", "backbone: {pretrained: model.safetensors, name: resnet10t,"
    )
    study = read_study(str(study_file(tmp_path, named)))
    assert study.settings["classification"].backbone.pretrained == str(tmp_path / "model.safetensors")


def test_a_path_is_relative_to_the_folder_and_variables_and_home_are_expanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("DATA", "/data")
    paths = ["photos", "../photos", "/photos", "$DATA/photos", "${DATA}", "~/photos"]
    assert [absolute_path(path, tmp_path, "root") for path in paths] == [
        f"{tmp_path}/photos",
        f"{tmp_path}/../photos",
        "/photos",
        "/data/photos",
        "/data",
        "/home/someone/photos",
    ]


def test_a_variable_that_is_not_set_is_named_with_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ELSEWHERE", raising=False)
    with pytest.raises(ValueError, match=r"^root: \$ELSEWHERE/x: the variable is not set$"):
        absolute_path("$ELSEWHERE/x", tmp_path, "root")


def test_paths_of_data_and_weights_are_relative_to_the_file(tmp_path: Path) -> None:
    path = study_file(
        tmp_path,
        "settings: {a: {dataset: {options: {root: photos}}, backbone: {pretrained: w.pth}},"
        " b: {backbone: {pretrained: 'sha256:12'}}, c: {backbone: {pretrained: true}}}",
    )
    settings = load_yaml(path)["settings"]
    assert settings["a"]["dataset"]["options"]["root"] == str(tmp_path / "photos")
    assert [each["backbone"]["pretrained"] for each in settings.values()] == [
        str(tmp_path / "w.pth"),
        "sha256:12",
        True,
    ]


def test_keys_that_begin_with_an_underscore_only_hold_anchors(tmp_path: Path) -> None:
    path = study_file(tmp_path, "_shared: &shared {epochs: 2}\nrecipe: {<<: *shared, batch_size: 4}\n")
    assert load_yaml(path) == {"recipe": {"epochs": 2, "batch_size": 4}}
