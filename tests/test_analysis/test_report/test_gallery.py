import base64
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from analysis import frames
from analysis.comparing import Comparison, compare
from analysis.report.gallery import Shelf, Strip, _gate_strip, gallery
from tests.test_analysis.made_store import QUICK, make


@pytest.fixture(scope="module")
def shelves(compared: Comparison) -> dict[str, Shelf]:
    return {shelf.setting: shelf for shelf in gallery(compared)}


def pixels(strip: Strip) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    content = base64.b64decode(strip.picture.partition("base64,")[2])
    return np.array(Image.open(BytesIO(content)).convert("RGB"))


def test_every_setting_shows_input_truth_and_each_arm(shelves: dict[str, Shelf]) -> None:
    for shelf in shelves.values():
        names = [strip.label for strip in shelf.strips if strip.label]
        assert names == ["input", "truth", "none", "cse", "sse", "scse", "cbam", "narrow", "constant"]
        assert len(shelf.positions) == 8
        assert (shelf.seed, shelf.low, shelf.high) == (0, 0.0, 1.0)


def test_wrong_classes_are_marked(shelves: dict[str, Shelf]) -> None:
    truth, plain = shelves["classification"].strips[1:3]
    assert not any(wrong for _, wrong in truth.words)
    assert [word != right for (word, _), (right, _) in zip(plain.words, truth.words, strict=True)] == [
        wrong for _, wrong in plain.words
    ]


def test_wrong_pixels_are_orange_and_missed_ones_blue(
    shelves: dict[str, Shelf], compared: Comparison
) -> None:
    strip = next(s for s in shelves["segmentation"].strips if s.label == "cse")
    runs = compared.recorded.runs
    row = runs[(runs["arm"] == "cse") & (runs["setting"] == "segmentation") & (runs["seed"] == 0)].iloc[0]
    with np.load(compared.recorded.folders[row["key"]] / "probes.npz") as arrays:
        given, truth = (np.concatenate(list(arrays[name]), axis=1) for name in ("prediction", "truth"))
    shown = pixels(strip)
    assert (shown == (231, 99, 0)).all(-1).tolist() == ((given == 1) & (truth == 0)).tolist()
    assert (shown == (63, 144, 218)).all(-1).tolist() == ((given == 0) & (truth == 1)).tolist()


def test_gates_show_the_first_and_the_last_place_on_one_scale(shelves: dict[str, Shelf]) -> None:
    gates = [strip for strip in shelves["classification"].strips if strip.note]
    assert len(gates) == 2 * 5
    assert gates[0].note.startswith("gate layer1.0: 0.")
    assert gates[1].note.startswith("gate layer4.0: 0.")
    assert pixels(gates[0]).shape == (24, 8 * 24, 3)


def test_a_damaged_file_is_named_and_never_shown(tmp_path: Path) -> None:
    arms = {name: QUICK[name] for name in ("none", "narrow", "cse")}
    make(tmp_path, arms=arms, settings={"classification": ("accuracy", 86.0)}, trials=0, seeds=3).close()
    recorded = frames.read(tmp_path, "made")
    runs = recorded.runs
    keys = {str(r["arm"]): str(r["key"]) for _, r in runs[runs["seed"] == 0].iterrows()}
    (recorded.folders[keys["cse"]] / "probes.npz").write_bytes(b"PK not this")
    (recorded.folders[keys["narrow"]] / "probes.npz").unlink()
    shelf = gallery(compare(recorded))[0]
    assert [name.partition(" ")[0] for name in shelf.damaged] == ["cse", "narrow"]
    assert [strip.label for strip in shelf.strips] == ["input", "truth", "none"]


def test_a_study_without_probes_has_no_gallery(compared: Comparison) -> None:
    runs = compared.recorded.runs.assign(probes=None)
    assert gallery(compared._replace(recorded=compared.recorded._replace(runs=runs))) == []


def test_a_gate_that_is_flat_over_places_is_a_number_an_image() -> None:
    flat = np.array([0.25, 0.5])[:, None, None] * np.ones((2, 3, 3))
    strip = _gate_strip("layer1.0", flat, 0.0, 1.0)
    assert strip == Strip("", "gate layer1.0, flat", "", (("0.250", False), ("0.500", False)))
    flat[0, 0, 0] = 1.0
    assert _gate_strip("layer1.0", flat, 0.0, 1.0).picture.startswith("data:image/png")
