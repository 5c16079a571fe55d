"""Synthetic probes of a run: gate statistics, and a few test images with their gates."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

PLUGS = ("layer1.0", "layer2.0", "layer3.0", "layer4.0")
IMAGES = 8


def make_probes(module: str, rng: np.random.Generator, *, slow: float = 1.0) -> dict[str, Any]:
    """Return probes as a run records them; the gates of a constant module do not depend on the image."""
    constant = module in ("constant_gate", "scale_only")
    share = np.zeros(4) if constant else np.clip(0.7 - 0.15 * np.arange(4) + rng.normal(0, 0.02, 4), 0, 1)
    gates = {
        plug: {
            "mean": float(0.5 + 0.02 * i),
            "sd": 0.2,
            "input_share": float(share[i]),
            "input_sd": float(0.2 * np.sqrt(share[i])),
            "saturated": None if constant else 0.04,
        }
        for i, plug in enumerate(PLUGS)
    }
    plain = module == "none"
    return {
        "latency_ms": 6.0 * slow + float(rng.normal(0, 0.05)),
        "latency": {"batch": 16, "threads": 1, "repeats": 5},
        "reliance": None if plain else 0.0 if constant else 1.1 + float(rng.normal(0, 0.2)),
        "gates": {} if plain else gates,
        "constant_gates": list(PLUGS) if constant else [],
    }


def save_probes(path: Path, *, task: str, module: str, rng: np.random.Generator) -> str:
    """Write a run's `probes.npz` and return its SHA-256."""
    images_rng = np.random.default_rng(5)  # the same images for every run
    image = np.kron(images_rng.integers(0, 255, (IMAGES, 3, 6, 6)), np.ones((8, 8))).astype(np.uint8)
    arrays: dict[str, Any] = {"index": images_rng.permutation(128)[:IMAGES], "image": image}
    if task == "classification":
        truth = images_rng.integers(0, 10, IMAGES)
        arrays |= {"truth": truth, "prediction": np.where(rng.random(IMAGES) < 0.2, 7, truth)}
    else:
        mask = np.kron(images_rng.integers(0, 2, (IMAGES, 6, 6)), np.ones((8, 8))).astype(np.uint8)
        arrays |= {"truth": mask, "prediction": np.roll(mask, int(rng.integers(1, 4)), axis=2)}
    for i, plug in enumerate(PLUGS if module != "none" else ()):
        side = (12, 6, 3, 2)[i]
        arrays[f"map:{plug}"] = rng.uniform(0.1, 0.9, (IMAGES, side, side)).astype(np.float16)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return hashlib.sha256(path.read_bytes()).hexdigest()
