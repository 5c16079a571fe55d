"""Made-up probes of a run: what the trained network's gates do, and a few images to show."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

PLUGS = ("layer1.0", "layer2.0", "layer3.0", "layer4.0")
SHOWN = 8


def make_probes(module: str, rng: np.random.Generator, *, slow: float = 1.0) -> dict[str, Any]:
    """As a run records them; the gates of a constant module do not depend on the image."""
    constant = module in ("constant_gate", "scale_only")
    share = np.zeros(4) if constant else np.clip(0.7 - 0.15 * np.arange(4) + rng.normal(0, 0.02, 4), 0, 1)
    gates = {
        plug: {
            "mean": float(0.5 + 0.02 * place),
            "sd": 0.2,
            "input_share": float(share[place]),
            "input_sd": float(0.2 * np.sqrt(share[place])),
            "saturated": None if constant else 0.04,
        }
        for place, plug in enumerate(PLUGS)
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
    """Write a run's `probes.npz`; its SHA-256."""
    shown = np.random.default_rng(5)  # the same images for every run
    image = np.kron(shown.integers(0, 255, (SHOWN, 3, 6, 6)), np.ones((8, 8))).astype(np.uint8)
    arrays: dict[str, Any] = {"index": shown.permutation(128)[:SHOWN], "image": image}
    if task == "classification":
        truth = shown.integers(0, 10, SHOWN)
        arrays |= {"truth": truth, "prediction": np.where(rng.random(SHOWN) < 0.2, 7, truth)}
    else:
        mask = np.kron(shown.integers(0, 2, (SHOWN, 6, 6)), np.ones((8, 8))).astype(np.uint8)
        arrays |= {"truth": mask, "prediction": np.roll(mask, int(rng.integers(1, 4)), axis=2)}
    for place, plug in enumerate(PLUGS if module != "none" else ()):
        side = (12, 6, 3, 2)[place]
        arrays[f"map:{plug}"] = rng.uniform(0.1, 0.9, (SHOWN, side, side)).astype(np.float16)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return hashlib.sha256(path.read_bytes()).hexdigest()
