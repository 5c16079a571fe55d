"""`plan`: what it counts, and that a mistake in a study ends in one line."""

from pathlib import Path

import pytest

from tests.test_datasets.own_data import image_folder
from tests.test_experiments.made import STUDY, own_study, study_file

from .commands import Call

# A misspelling in the small study, the correct text before it, and what the one line must contain.
REFUSED = {
    "a module": ("module: scse,", "module: scsee,", ["scse", "did you mean 'scse'"]),
    "an option": ("kernel_size: 3}", "kernal_size: 3}", ["arms.scse", "did you mean 'kernel_size'"]),
    "an option's value": ("kernel_size: 3}", "kernel_size: 4}", ["arms.scse", "kernel_size"]),
    "a site": ("cse: {module: cse}", "cse: {module: cse, site: blok}", ["arms.cse", "block"]),
    "a backbone": ("name: resnet10t", "name: resnet10tt", ["classification", "did you mean 'resnet10t'"]),
    "a backbone's argument": ("stem_width:", "stem_widht:", ["classification", "stem_widht"]),
    "a data set": (
        "cluttered_digits",
        "clutterd_digits",
        ["classification", "did you mean 'cluttered_digits'"],
    ),
    "a data set's option": (
        "validation: 32",
        "validaton: 32",
        ["classification", "did you mean 'validation'"],
    ),
    "a data set's value": ("train: 64", "train: 6", ["classification", "train"]),
    "a design of too many arms": (
        "{kind: leave_one_out, full: scse, removed: {spatial gate: cse, channel gate: sse}}",
        "{kind: grid, module: scse, factors: {fusion: null, kernel_size: null}}\nlimits: {arms: 6}",
        ["designs.0: ", "more than 6"],
    ),
    "a study key": ("margin:", "margn:", ["margn", "did you mean 'margin'"]),
    "a recipe's key": ("epochs: 2", "epoch: 2", ["recipe.epoch", "did you mean 'epochs'"]),
    "an optimizer": ("epochs: 2", "optimizer: sgdd", ["classification", "did you mean 'sgd'"]),
    "a batch larger than the data": ("batch_size: 16", "batch_size: 65", ["batch_size"]),
    "YAML": ("seeds: [0, 1]", "seeds: [0, 1", ["not valid YAML"]),
    "a python tag": ("title: A small study", "title: !!python/name:os.system", ["not valid YAML"]),
    "a searched option": (
        "{kernel_size: [1, 3],",
        "{kernal_size: [1, 3],",
        ["search.arms.scse", "kernel_size"],
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_misspelling_ends_in_one_line_and_nothing_is_written(what: str, call: Call, tmp_path: Path) -> None:
    old, new, expected = REFUSED[what]
    assert old in STUDY
    path = study_file(tmp_path, STUDY.replace(old, new, 1))
    code, out, err = call("plan", path, "--store", tmp_path / "store")
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].startswith("error: ")
    assert [text for text in [str(path), *expected] if text not in err[0]] == []
    assert err[0].count(str(path)) == 1
    assert not (tmp_path / "store").exists()


def test_plan_counts_everything_and_writes_nothing(call: Call, tmp_path: Path) -> None:
    code, out, err = call("plan", study_file(tmp_path), "--store", tmp_path / "store", "--workers", "2")
    assert (code, err) == (0, [])
    text = "\n".join(out)
    assert "4 arms" in out[0] or "5 arms" in out[0] or "6 arms" in out[0]
    assert "8 of the design, 8 trials of the search, 4 of its winners; 0 done already" in text
    assert "warning: smallest attainable p in one setting: 0.5 with 2 seeds" in text
    assert "6 seeds make it possible" in text
    assert not (tmp_path / "store").exists()


def test_a_plan_describes_the_data_and_refuses_broken_files(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABLATION_CACHE", str(tmp_path / "cache"))
    root = image_folder(tmp_path / "images")
    (root / "train/cat/notes.txt").write_text("x")
    words = ("plan", own_study(tmp_path, "images", size="32"), "--store", tmp_path / "store")
    output = call(*words)
    assert output.code == 0
    assert "data of classification: train: 16 images, train/, 8 per class" in output.text
    doubt = "data of classification: files without an image extension, left out: train/cat/notes.txt"
    assert f"warning: {doubt}" in output.text
    (root / "train/cat/0.png").write_bytes(b"")
    code, _, err = call(*words)
    assert code == 2
    assert "settings.classification: data set image_folder: train/cat/0.png: an empty file" in err[0]
    assert not (tmp_path / "store").exists()
