"""The gallery: the same few test images for every arm, with input, gates, prediction and truth."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..comparing import Comparison, Family
from .images import encode_gates, encode_masks, encode_photographs

PROBES = "probes.npz"
MAX_ARMS = 6
FLAT = 0.005  # range of a gate over an image's positions below which a picture would show nothing

Arrays = Mapping[str, NDArray[Any]]


class Strip(NamedTuple):
    """A row of tiles, one per test image: a picture as a data URL, or texts, each with whether it is wrong."""

    label: str
    note: str
    picture: str
    texts: tuple[tuple[str, bool], ...]


class SettingGallery(NamedTuple):
    """The gallery of one setting.

    `positions`: of the images in the test split; `low`, `high`: gate values of the darkest and the lightest color;
    `damaged`: runs whose stored images are missing or differ from their recorded checksum."""

    setting: str
    seed: int
    positions: tuple[int, ...]
    strips: tuple[Strip, ...]
    low: float
    high: float
    damaged: tuple[str, ...]


def build_gallery(comparison: Comparison) -> list[SettingGallery]:
    """Build one gallery for each setting of the main table that has stored images."""
    main, runs = comparison.main, comparison.record.current_runs
    arms = select_arms(main)
    runs = runs[runs["probes"].notna() & runs["arm"].isin(arms)]
    galleries = []
    for setting in main.settings:
        here = runs[runs["setting"] == setting]
        if not here.empty:
            gallery = _build_setting(setting, here, arms, comparison.record.folders)
            galleries += [gallery] if gallery.strips or gallery.damaged else []
    return galleries


def select_arms(main: Family) -> list[str]:
    """Return the baseline and the first MAX_ARMS arms of the study, controls last."""
    return [main.baseline, *main.arms_then_controls[:MAX_ARMS]]


def _build_setting(
    setting: str, runs: pd.DataFrame, arms: Sequence[str], folders: Mapping[str, Path]
) -> SettingGallery:
    seed = int(runs["seed"].min())
    runs = runs[runs["seed"] == seed]
    probes, damaged = _load_probes(runs, folders)
    if not probes:
        return SettingGallery(setting, seed, (), (), 0.0, 1.0, damaged)
    ordered = {arm: probes[arm] for arm in arms if arm in probes}
    index = next(iter(ordered.values()))["index"]
    same = {arm: arrays for arm, arrays in ordered.items() if np.array_equal(arrays["index"], index)}
    low, high = _gate_limits(same)
    strips = tuple(_build_strips(same, _class_names(runs), low, high))
    return SettingGallery(setting, seed, tuple(int(i) for i in index), strips, low, high, damaged)


def _load_probes(
    runs: pd.DataFrame, folders: Mapping[str, Path]
) -> tuple[dict[str, Arrays], tuple[str, ...]]:
    """Return the stored arrays by arm, and the names of the runs whose file is missing or damaged."""
    probes: dict[str, Arrays] = {}
    damaged = []
    for run in runs.to_dict("records"):
        arrays = _read_arrays(folders[run["key"]] / PROBES, run["artifacts"].get(PROBES))
        if arrays is None:
            damaged.append(f"{run['arm']} (run {run['key'][:12]})")
        else:
            probes[str(run["arm"])] = arrays
    return probes, tuple(damaged)


def _class_names(runs: pd.DataFrame) -> tuple[str, ...]:
    for scores in runs["per_class"]:
        if scores:
            return tuple(str(c) for c in scores.get("classes", ()))
    return ()


def _read_arrays(path: Path, checksum: str | None) -> Arrays | None:
    """Return a file's arrays, or None if its SHA-256 is not the recorded one; nothing is unpickled."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if checksum is None or hashlib.sha256(content).hexdigest() != checksum:
        return None
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def _gate_limits(probes: Mapping[str, Arrays]) -> tuple[float, float]:
    """Return the scale of all gates of a setting: 0 to 1, widened to their range where they leave it."""
    values = [m.astype(np.float64) for arrays in probes.values() for _, m in _select_maps(arrays)]
    low = min((float(v.min()) for v in values), default=0.0)
    high = max((float(v.max()) for v in values), default=1.0)
    return min(low, 0.0), max(high, 1.0)


def _select_maps(arrays: Arrays) -> list[tuple[str, NDArray[Any]]]:
    """Return the first and the last gate of those that vary over positions, or else of all gates."""
    maps = [(name.removeprefix("map:"), m) for name, m in arrays.items() if name.startswith("map:")]
    spatial = [(name, m) for name, m in maps if m.shape[1] * m.shape[2] > 1]
    candidates = spatial or maps
    return candidates if len(candidates) < 2 else [candidates[0], candidates[-1]]


def _build_strips(
    probes: Mapping[str, Arrays], classes: Sequence[str], low: float, high: float
) -> Iterator[Strip]:
    first = next(iter(probes.values()))
    yield Strip("input", "", encode_photographs(first["image"]), ())
    yield _label_strip("truth", first["truth"], first["truth"], classes)
    for arm, arrays in probes.items():
        yield _label_strip(arm, arrays["prediction"], arrays["truth"], classes)
        for plug, values in _select_maps(arrays):
            yield gate_strip(plug, values.astype(np.float64), low, high)


def gate_strip(plug: str, values: NDArray[np.float64], low: float, high: float) -> Strip:
    """Show (k, h, w) gates as a picture, or as one number per image where they are constant over positions."""
    if np.ptp(values, axis=(1, 2)).max() < FLAT:
        means = tuple((f"{mean:.3f}", False) for mean in values.mean((1, 2)))
        return Strip("", f"gate {plug}, flat", "", means)
    span = f"{values.min():.2f} to {values.max():.2f}"
    return Strip("", f"gate {plug}: {span}", encode_gates(values, low, high), ())


def _label_strip(label: str, prediction: NDArray[Any], truth: NDArray[Any], classes: Sequence[str]) -> Strip:
    """Show class names where an image has one class, and masks where each pixel has."""
    if prediction.ndim > 1:
        return Strip(label, "", encode_masks(prediction, truth, len(classes)), ())
    texts = tuple(
        (classes[p] if 0 <= p < len(classes) else str(p), bool(p != t))
        for p, t in zip(prediction.tolist(), truth.tolist(), strict=True)
    )
    return Strip(label, "", "", texts)
