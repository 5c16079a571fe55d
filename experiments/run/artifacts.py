"""Files that a run saves beside its result: losses, predictions, probes and, on request, weights."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from datasets.catalog import Splits

from ..config.atomic_write import replacing
from ..config.run_result import ExampleCounts, Losses, Probes, RunResult
from ..config.run_spec import RunSpec
from ..reproducibility import tensor_hash
from ..store import run_folder
from ..training.data import shape_of
from ..training.probes import probe_network
from ..training.trainer import Training

PROBED = 32
"""Number of test images whose logits are hashed for the record."""


def add_training(result: RunResult, training: Training, splits: Splits, folder: Path) -> RunResult:
    """Save the loss of every step; add the losses and the counts of examples to the result, whatever its state."""
    losses = np.array(training.losses)
    _save(folder / run_folder.STEPS, {"loss": losses})
    count, batch = len(splits.train.images), training.recipe.batch_size
    return result.model_copy(
        update={
            "steps": len(losses),
            "examples": ExampleCounts(
                seen=len(losses) * batch, left_over_an_epoch=count - training.steps * batch
            ),
            "losses": Losses(
                first=losses[0].hex() if len(losses) else None, sha256=tensor_hash.hash_array(losses)
            ),
        }
    )


def add_test(result: RunResult, training: Training, splits: Splits, folder: Path) -> RunResult:
    """Evaluate the test split, once, with the weights that the recipe selects; save the predictions."""
    network = training.evaluated
    test = training.evaluate(network, splits.test)
    _save(folder / run_folder.PREDICTIONS, test.per_example)
    logits = training.predict(network, splits.test.images[:PROBED])
    return result.model_copy(
        update={
            "metrics": test.metrics,
            "exact": {name: float(value).hex() for name, value in test.metrics.items()},
            "logits": tensor_hash.hash_tensors([("logits", logits)]),
            "last_weights": tensor_hash.hash_network(training.network),
            "per_class": test.per_class,
            "final_weights": tensor_hash.hash_network(network),
        }
    )


def add_probes(result: RunResult, training: Training, splits: Splits, folder: Path) -> RunResult:
    """Measure latency and gates of the trained network; save gate maps of some test images."""
    score = (result.metrics or {})[training.objective.primary]
    assert score is not None
    numbers, arrays = probe_network(training, splits.test, content=splits.content, score=score)
    _save(folder / run_folder.PROBES, arrays)
    return result.model_copy(update={"probes": Probes.model_validate(numbers)})


def save_weights(training: Training, spec: RunSpec, splits: Splits, folder: Path) -> None:
    """Save the evaluated network as safetensors; spec and shape in the metadata are enough to build it again."""
    tensors: dict[str, Tensor] = {
        name: tensor.detach().cpu().contiguous().clone()
        for name, tensor in training.evaluated.state_dict().items()
    }
    metadata = {"spec": spec.model_dump_json(), "shape": json.dumps(shape_of(splits))}
    with replacing(folder / run_folder.WEIGHTS) as part:
        save_file(tensors, part, metadata=metadata)


def _save(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    with replacing(path) as part, part.open("wb") as file:  # given a name, numpy would add .npz to it
        np.savez_compressed(file, allow_pickle=False, **arrays)
