"""The gallery of a synthetic study."""

import base64
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from analysis import frames
from analysis.comparing import Comparison, compare
from analysis.report.gallery import SettingGallery, Strip, build_gallery, gate_strip
from tests.test_analysis.synthetic_store import QUICK, make_study


@pytest.fixture(scope="module")
def galleries(comparison: Comparison) -> dict[str, SettingGallery]:
    return {gallery.setting: gallery for gallery in build_gallery(comparison)}


def pixels(strip: Strip) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    content = base64.b64decode(strip.picture.partition("base64,")[2])
    return np.array(Image.open(BytesIO(content)).convert("RGB"))


def test_every_setting_shows_input_truth_and_each_arm(galleries: dict[str, SettingGallery]) -> None:
    for gallery in galleries.values():
        names = [strip.label for strip in gallery.strips if strip.label]
        assert names == ["input", "truth", "none", "cse", "sse", "scse", "cbam", "narrow", "constant"]
        assert len(gallery.positions) == 8
        assert (gallery.seed, gallery.low, gallery.high) == (0, 0.0, 1.0)


def test_wrong_classes_are_marked(galleries: dict[str, SettingGallery]) -> None:
    truth, plain = galleries["classification"].strips[1:3]
    assert not any(wrong for _, wrong in truth.texts)
    assert [word != right for (word, _), (right, _) in zip(plain.texts, truth.texts, strict=True)] == [
        wrong for _, wrong in plain.texts
    ]


def test_wrong_pixels_are_orange_and_missed_ones_blue(
    galleries: dict[str, SettingGallery], comparison: Comparison
) -> None:
    strip = next(s for s in galleries["segmentation"].strips if s.label == "cse")
    runs = comparison.record.runs
    row = runs[(runs["arm"] == "cse") & (runs["setting"] == "segmentation") & (runs["seed"] == 0)].iloc[0]
    with np.load(comparison.record.folders[row["key"]] / "probes.npz") as arrays:
        prediction, truth = (np.concatenate(list(arrays[name]), axis=1) for name in ("prediction", "truth"))
    colors = pixels(strip)
    assert (colors == (231, 99, 0)).all(-1).tolist() == ((prediction == 1) & (truth == 0)).tolist()
    assert (colors == (63, 144, 218)).all(-1).tolist() == ((prediction == 0) & (truth == 1)).tolist()


def test_gates_show_the_first_and_the_last_plug_on_one_scale(galleries: dict[str, SettingGallery]) -> None:
    gates = [strip for strip in galleries["classification"].strips if strip.note]
    assert len(gates) == 2 * 5
    assert gates[0].note.startswith("gate layer1.0: 0.")
    assert gates[1].note.startswith("gate layer4.0: 0.")
    assert pixels(gates[0]).shape == (24, 8 * 24, 3)


def test_a_damaged_file_is_named_and_never_shown(tmp_path: Path) -> None:
    arms = {name: QUICK[name] for name in ("none", "narrow", "cse")}
    make_study(
        tmp_path, arms=arms, settings={"classification": ("accuracy", 86.0)}, trials=0, seeds=3
    ).close()
    record = frames.read(tmp_path, "made")
    runs = record.runs
    keys = {str(r["arm"]): str(r["key"]) for _, r in runs[runs["seed"] == 0].iterrows()}
    (record.folders[keys["cse"]] / "probes.npz").write_bytes(b"PK not this")
    (record.folders[keys["narrow"]] / "probes.npz").unlink()
    gallery = build_gallery(compare(record))[0]
    assert [name.partition(" ")[0] for name in gallery.damaged] == ["cse", "narrow"]
    assert [strip.label for strip in gallery.strips] == ["input", "truth", "none"]


def test_a_study_without_probes_has_no_gallery(comparison: Comparison) -> None:
    runs = comparison.record.runs.assign(probes=None)
    assert build_gallery(comparison._replace(record=comparison.record._replace(runs=runs))) == []


def test_a_gate_that_is_constant_over_positions_is_one_number_per_image() -> None:
    flat = np.array([0.25, 0.5])[:, None, None] * np.ones((2, 3, 3))
    strip = gate_strip("layer1.0", flat, 0.0, 1.0)
    assert strip == Strip("", "gate layer1.0, flat", "", (("0.250", False), ("0.500", False)))
    flat[0, 0, 0] = 1.0
    assert gate_strip("layer1.0", flat, 0.0, 1.0).picture.startswith("data:image/png")
