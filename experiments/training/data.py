"""A run's data set, checked against its spec, and the shape that its network must have."""

from pathlib import Path

from datasets.catalog import Splits, load
from user_error import UserError

from ..config.run_spec import RunSpec
from ..models.build import Shape


def load_data(spec: RunSpec, cache: Path) -> Splits:
    """Load the run's data set. Raises UserError if its content does not have the hash that the spec records."""
    splits = load(
        spec.dataset.name, spec.task, spec.dataset.options, cache=cache, content=spec.dataset.content
    )
    if spec.dataset.content is not None and spec.dataset.content != splits.content:
        raise UserError(
            f"dataset.content: {spec.dataset.content} is not the hash of {spec.dataset.name}, which is {splits.content}"
        )
    return splits


def shape_of(splits: Splits) -> Shape:
    """Return the input channels, height, width and number of classes that the data require."""
    _, channels, height, width = splits.train.images.shape
    return Shape(channels, height, width, len(splits.classes))
