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
from ..reproducibility.incomplete_records import leaving_out
from ..store import run_folder
from ..training.data import shape_of
from ..training.probes import probe_network
from ..training.trainer import Training, check_loss

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
    """Evaluate the test split, once, with the weights that the recipe selects; save the predictions.

    Raises Diverged if the test loss is NaN or infinite.
    """
    test = training.evaluate(training.evaluated, splits.test)
    check_loss(test, "the test loss is {} after the last epoch")
    with leaving_out(run_folder.PREDICTIONS):
        _save(folder / run_folder.PREDICTIONS, test.per_example)
    exact = {name: float(value).hex() for name, value in test.metrics.items() if value is not None}
    found: dict[str, object] = {"metrics": test.metrics, "exact": exact, "per_class": test.per_class}
    with leaving_out("the hashes of weights and logits"):
        found |= _hashes(training, splits)
    return result.model_copy(update=found)


def _hashes(training: Training, splits: Splits) -> dict[str, str]:
    """Return the hashes that a reproduced run is compared by."""
    logits = training.predict(training.evaluated, splits.test.images[:PROBED])
    return {
        "logits": tensor_hash.hash_tensors([("logits", logits)]),
        "last_weights": tensor_hash.hash_network(training.network),
        "final_weights": tensor_hash.hash_network(training.evaluated),
    }


def add_probes(result: RunResult, training: Training, splits: Splits, folder: Path) -> RunResult:
    """Measure latency and gates of the trained network; save gate maps of some test images.

    What fails is left out of the result, with a warning.
    """
    with leaving_out("the probes of the trained network"):
        numbers, arrays = probe_network(
            training, splits.test, content=splits.content, score=result.score("test")
        )
        result = result.model_copy(update={"probes": Probes.model_validate(numbers)})
        _save(folder / run_folder.PROBES, arrays)
    return result


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
