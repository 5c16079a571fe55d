"""The same few test images for every arm: input, gate, prediction, truth, as strips small enough for one page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

from ..comparing import Comparison, Family
from ..comparing.verdicts import CONTROLS

PROBES = "probes.npz"
MOST_ARMS = 6
FLAT = 0.005  # a gate's range over an image's places, below which nothing would be seen
WRONG, MISSED, IGNORED = (231, 99, 0), (63, 144, 218), (119, 128, 139)
UNTOLD = 255

Bytes = NDArray[np.uint8]
Arrays = Mapping[str, NDArray[Any]]


class Strip(NamedTuple):
    """A row of tiles, one a test image: a picture as a data address, or words with a mark where they are wrong."""

    label: str
    note: str
    picture: str
    words: tuple[tuple[str, bool], ...]


class Shelf(NamedTuple):
    """A setting's gallery. `positions`: places in the test split; `low` and `high`: what the gates' darkest and
    lightest colour stand for; `damaged`: runs whose stored images do not have their recorded checksum."""

    setting: str
    seed: int
    positions: tuple[int, ...]
    strips: tuple[Strip, ...]
    low: float
    high: float
    damaged: tuple[str, ...]


def gallery(comparison: Comparison) -> list[Shelf]:
    """One shelf for each setting of the main table that has stored images."""
    main, runs = comparison.main, comparison.recorded.runs
    current = runs[(runs["role"] == "run") & runs["current"] & runs["probes"].notna()]
    shelves = []
    for setting in main.settings:
        here = current[(current["setting"] == setting) & current["arm"].isin(_shown(main))]
        if not here.empty:
            shelf = _shelf(setting, here, _shown(main), comparison.recorded.folders)
            shelves += [shelf] if shelf.strips or shelf.damaged else []
    return shelves


def _shown(main: Family) -> list[str]:
    """The baseline and the first arms of the study, proper arms before controls."""
    arms = sorted(main.arms, key=lambda arm: main.roles.get(arm) in CONTROLS)
    return [main.baseline, *arms[:MOST_ARMS]]


def _shelf(setting: str, runs: pd.DataFrame, arms: Sequence[str], folders: Mapping[str, Path]) -> Shelf:
    seed = int(runs["seed"].min())
    found: dict[str, Arrays] = {}
    damaged = []
    classes: tuple[str, ...] = ()
    for run in runs[runs["seed"] == seed].to_dict("records"):
        arrays = _arrays(folders[run["key"]] / PROBES, run["artifacts"].get(PROBES))
        if arrays is None:
            damaged.append(f"{run['arm']} (run {run['key'][:12]})")
        else:
            found[str(run["arm"])] = arrays
            classes = tuple(str(c) for c in (run["per_class"] or {}).get("classes", ()))
    if not found:
        return Shelf(setting, seed, (), (), 0.0, 1.0, tuple(damaged))
    shown = {arm: found[arm] for arm in arms if arm in found}
    first = next(iter(shown.values()))
    shown = {arm: a for arm, a in shown.items() if np.array_equal(a["index"], first["index"])}
    low, high = _limits(shown)
    strips = tuple(_strips(shown, classes, low, high))
    return Shelf(setting, seed, tuple(int(i) for i in first["index"]), strips, low, high, tuple(damaged))


def _arrays(path: Path, recorded: str | None) -> Arrays | None:
    """The file's arrays, None where it is not the file that was recorded. Nothing in it is ever unpickled."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if recorded is None or hashlib.sha256(content).hexdigest() != recorded:
        return None
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def _limits(shown: Mapping[str, Arrays]) -> tuple[float, float]:
    """0 to 1 where all gates lie in it, or else the range of all of them: one scale a setting."""
    values = [m.astype(np.float64) for arrays in shown.values() for _, m in _maps(arrays)]
    if not values:
        return 0.0, 1.0
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    return (0.0, 1.0) if low >= 0 and high <= 1 else (min(low, 0.0), max(high, 1.0))


def _maps(arrays: Arrays) -> list[tuple[str, NDArray[Any]]]:
    """The gates to show: the first and the last of those that vary over places, or else of all."""
    maps = [(name.removeprefix("map:"), m) for name, m in arrays.items() if name.startswith("map:")]
    spatial = [one for one in maps if one[1].shape[1] * one[1].shape[2] > 1]
    return (
        [*maps[:1], *maps[-1:]][: len(maps)] if not spatial else [*spatial[:1], *spatial[-1:]][: len(spatial)]
    )


def _strips(shown: Mapping[str, Arrays], classes: Sequence[str], low: float, high: float) -> Iterator[Strip]:
    first = next(iter(shown.values()))
    yield Strip("input", "", _photograph(first["image"]), ())
    yield _labels("truth", first["truth"], first["truth"], classes)
    for arm, arrays in shown.items():
        yield _labels(arm, arrays["prediction"], arrays["truth"], classes)
        for plug, values in _maps(arrays):
            yield _gate_strip(plug, values.astype(np.float64), low, high)


def _gate_strip(plug: str, values: NDArray[np.float64], low: float, high: float) -> Strip:
    """A picture of a gate that varies over places, else a number an image: a plain tile says less."""
    if np.ptp(values, axis=(1, 2)).max() < FLAT:
        means = tuple((f"{mean:.3f}", False) for mean in values.mean((1, 2)))
        return Strip("", f"gate {plug}, flat", "", means)
    span = f"{values.min():.2f} to {values.max():.2f}"
    return Strip("", f"gate {plug}: {span}", _gate(values, low, high), ())


def _labels(label: str, given: NDArray[Any], truth: NDArray[Any], classes: Sequence[str]) -> Strip:
    """Words where an image has one class, a picture where each pixel has."""
    if given.ndim == 1:
        words = tuple(
            (classes[g] if 0 <= g < len(classes) else str(g), bool(g != t))
            for g, t in zip(given.tolist(), truth.tolist(), strict=True)
        )
        return Strip(label, "", "", words)
    return Strip(label, "", _masks(given, truth, len(classes)), ())


def _photograph(images: Bytes) -> str:
    """(k, 3, H, W) as one lossy strip."""
    return _address(_row(images.transpose(0, 2, 3, 1)), "webp", quality=82, method=6)


def _masks(given: Bytes, truth: Bytes, classes: int) -> str:
    """(k, H, W) class numbers as greys; orange: something wrong, blue: something missed."""
    steps = max(classes - 1, int(given.max()), int(truth[truth != UNTOLD].max(initial=0)), 1)
    grey = (24 + 216 * np.minimum(given, steps).astype(np.float64) / steps).round().astype(np.uint8)
    colours = np.repeat(grey[..., None], 3, axis=-1)
    wrong = (given != truth) & (truth != UNTOLD)
    colours[wrong & (given != 0)] = WRONG
    colours[wrong & (given == 0)] = MISSED
    colours[truth == UNTOLD] = IGNORED
    return _address(_row(colours), "png", optimize=True)


def _gate(values: NDArray[np.float64], low: float, high: float) -> str:
    """(k, h, w) in cividis between the setting's limits; a tile has its own few pixels, the page enlarges them."""
    scaled = (values - low) / max(high - low, 1e-12)
    colours = (colormaps["cividis"](np.clip(scaled, 0, 1))[..., :3] * 255).round().astype(np.uint8)
    side = max(1, 24 // max(values.shape[1:]))
    large = colours.repeat(side, axis=1).repeat(side, axis=2)
    return _address(_row(large), "png", optimize=True)


def _row(tiles: Bytes) -> Bytes:
    """(k, h, w, 3) side by side."""
    return np.concatenate(list(tiles), axis=1)


def _address(pixels: Bytes, kind: str, **options: Any) -> str:
    out = BytesIO()
    Image.fromarray(pixels).save(out, format=kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"
