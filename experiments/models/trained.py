"""A network with the weights that a run has kept (`keep: weights` in its study)."""

import json
from pathlib import Path

from safetensors import safe_open
from torch import nn

from attention.custom_modules import register_modules
from user_error import UserError

from ..config.run_spec import RunSpec
from .build import Shape, build

WEIGHTS = "weights.safetensors"


def trained_network(folder: str | Path) -> nn.Module:
    """Build a run's network, in evaluation mode, with the weights that were tested.

    `folder`: the run's folder in a store, or the file of weights itself. Images go in as the trainer feeds them: float,
    (B, C, H, W), normalized by the training split's mean and spread. Raises UserError where no weights were kept.
    A user's own module is run from the text in the file.
    """
    path = Path(folder)
    path = path / WEIGHTS if path.is_dir() else path
    if not path.exists():
        raise UserError(
            "no weights were kept; write `keep: weights` in the study and run it", place=str(path)
        )
    with safe_open(path, framework="pt") as file:
        described = file.metadata() or {}
        if "spec" not in described:
            raise UserError("is no file of weights of a run", place=str(path))
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
    spec = RunSpec.model_validate_json(described["spec"])
    shape = Shape(*json.loads(described["shape"]))
    with register_modules([(f"{spec.arm.module}.py of the run", spec.source)] if spec.source else []):
        network, _ = build(without_pretrained(spec), shape)
    network.load_state_dict(state)
    return network.eval()


def without_pretrained(spec: RunSpec) -> RunSpec:
    """The same network; the weights that it started from are replaced anyway."""
    return spec.model_copy(update={"backbone": spec.backbone.model_copy(update={"pretrained": False})})
