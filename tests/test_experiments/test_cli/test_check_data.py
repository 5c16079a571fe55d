"""`check-data`, and how a study names its data."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from experiments.cli.main import main
from experiments.config.study_file import read_study
from experiments.config.yaml_file import absolute_path
from tests.test_datasets.mask_forms import levels, make_folder
from tests.test_datasets.own_data import image_folder, mask_folder
from tests.test_experiments.made import own_study


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABLATION_CACHE", str(tmp_path / "cache"))


def test_a_sound_folder_is_described_and_the_line_for_a_study_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = mask_folder(tmp_path / "my data")
    assert main(["check-data", str(root), "--set", "size=32"]) == 0
    said = capsys.readouterr().out
    assert "data set mask_folder" in said
    assert "train: 8 images, train/" in said
    assert f'{{name: mask_folder, options: {{size: 32, root: "{root}"}}}}' in said


def test_a_broken_folder_is_described_and_the_exit_code_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = image_folder(tmp_path / "d")
    (root / "train/cat/0.png").write_bytes(b"")
    assert main(["check-data", str(root)]) == 1
    assert "error: train/cat/0.png: an empty file" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/nowhere"], "/nowhere: no such folder, and no data set of this name"),
        (["cifar11"], "did you mean 'cifar10'"),
        (["{root}", "--set", "size"], "write OPTION=VALUE"),
        (["{root}", "--set", "sise=3"], "did you mean 'size'"),
        (["{root}", "--set", "size=[1]"], "the value must be a number or text"),
        (["{root}", "--task", "segmentation"], "no folder of masks"),
        (["$NO_SUCH_VARIABLE/x"], "the variable is not set"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_one_line(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(image_folder(tmp_path / "d"))
    assert main(["check-data", *(word.format(root=root) for word in arguments)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_advice_on_masks_can_be_pasted_onto_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_folder(tmp_path / "d", levels(0, 85, 170), "png")
    assert main(["check-data", str(root)]) == 1
    advice = re.search(r"set (palette): '([^']*)'", capsys.readouterr().out)
    assert advice is not None
    options = ["--set", f"{advice[1]}={advice[2]}", "--set", "classes=no, on, 2020-01-01"]
    assert main(["check-data", str(root), *options]) == 0
    said = capsys.readouterr().out
    assert "classes: 3 (pixels of the training split: no 50.0 %, on 25.0 %, 2020-01-01 25.0 %)" in said
    assert 'options: {palette: "#000000 #555555 #aaaaaa", classes: "no, on, 2020-01-01", root: ' in said


def test_what_image_formats_lose_is_in_the_report_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = image_folder(tmp_path / "d")
    with Image.open(root / "train/cat/0.png") as image:
        image.putalpha(0)
        image.save(root / "train/cat/0.png")
    assert main(["check-data", str(root), "--json"]) == 0
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    assert (
        "1 of 28 images have transparent pixels (up to 100.0% of one), which become white (train/cat/0.png)"
        in warnings
    )


def test_a_root_is_beside_the_study_and_may_hold_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own_study(tmp_path, "images")
    assert read_study(str(path)).settings["classification"].dataset.options["root"] == str(
        tmp_path / "images"
    )
    monkeypatch.setenv("SOMEWHERE", "/far/away")
    assert absolute_path("$SOMEWHERE/x", tmp_path, "here") == "/far/away/x"
    assert absolute_path("~/x", tmp_path, "here") == str(Path.home() / "x")
    with pytest.raises(
        ValueError, match=r"classification\.dataset\.options\.root: \$NOT_SET/x: the variable"
    ):
        read_study(str(own_study(tmp_path, "$NOT_SET/x")))
