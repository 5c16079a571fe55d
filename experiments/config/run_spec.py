"""The specification of a run, strict and frozen, and the key that identifies a run by its content.

The user writes a `StudySpec`; `experiments.planning.plan` expands it to `RunSpec`s with canonical values, so that equal
trainings have equal keys. This package imports neither torch nor timm.
"""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
)

from .names import check_label

Scalar = bool | int | float | str | None
Task = Literal["classification", "segmentation"]
PRIMARY: dict[Task, str] = {"classification": "accuracy", "segmentation": "iou"}
"""Task -> the primary metric, by which arms are compared."""


def _reject_bool(value: object) -> object:
    """Raise ValueError for a bool, which Python counts as an int."""
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")
    return value


# YAML 1.1 reads 1e-3 as text; these fields convert it to a number.
Float = Annotated[float, BeforeValidator(_reject_bool), Field(strict=False, allow_inf_nan=False)]
Positive = Annotated[Float, Field(gt=0)]
Fraction = Annotated[Float, Field(ge=0, lt=1)]
NotNegative = Annotated[Float, Field(ge=0)]
MAX_SEED = 2**32 - 1
Seed = Annotated[int, Field(ge=0, lt=MAX_SEED + 1)]
Label = Annotated[str, AfterValidator(check_label)]


def _absent(default: object) -> Any:
    """Leave a field out of the content while it has this default: keys from before the field existed stay valid."""
    return Field(exclude_if=lambda value: value == default and type(value) is type(default))


class SpecModel(BaseModel):
    """Base class of specifications: frozen; unknown keys and values of a wrong type are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DatasetSpec(SpecModel):
    """A data set: its name in the catalog, its options, and the hash of its content unless it is built in."""

    name: str
    options: dict[str, bool | int | float | str] = {}
    content: str | None = None


class BackboneSpec(SpecModel):
    """A backbone of timm or `attention.networks`, its arguments, and the weights it starts from."""

    name: str
    args: dict[str, JsonValue] = {}
    pretrained: Annotated[bool | str, _absent(False)] = False
    """True for timm's own weights, or a file of weights; in a run, the hash of their content."""
    ema: Annotated[bool | None, _absent(None)] = None
    """Of a file with both: its moving average (true) or the weights themselves (false); None in a run."""


class DecoderSpec(SpecModel):
    """A decoder of segmentation_models_pytorch (SMP) on the backbone."""

    name: str = "unet"
    args: dict[str, JsonValue] = {}
    neck: Annotated[Annotated[int, Field(ge=1)] | None, _absent(None)] = None
    """Channels of a pyramid between backbone and decoder, for backbones that SMP rejects (`neck.Pyramid`)."""


class RecipeSpec(SpecModel):
    """How a network is trained. Every field may change the result, so all of them are in the run's key."""

    epochs: Annotated[int, Field(ge=1)] = 3
    batch_size: Annotated[int, Field(ge=2)] = 64
    optimizer: str = "sgd"
    learning_rate: Positive = 0.1
    weight_decay: NotNegative = 5e-4
    momentum: Annotated[Float, Field(gt=0, lt=1)] | None = None
    """None: 0.9 if the optimizer has a momentum."""
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup: Fraction = 0.1
    """Share of all steps in which the learning rate rises linearly from zero."""
    clip_gradient: Positive | None = None
    ema: Fraction | None = None
    """Decay of the moving average of the weights, which is then evaluated; None: no moving average."""
    label_smoothing: Fraction = 0.0
    dice: NotNegative | None = None
    """Weight of the Dice loss, added to cross-entropy (segmentation only; None: 1)."""
    dice_classes: Annotated[Literal["foreground", "all"] | None, _absent(None)] = None
    """The classes of the Dice loss. `foreground`: all but class 0. None: in a study, chosen by the data's class names;
    in a run, the foreground."""
    shift: Annotated[int, Field(ge=0)] = 3
    """Largest random shift of an image, in pixels."""
    contrast: Fraction = 0.2
    brightness: Fraction = 0.1
    """Largest random changes of contrast and brightness, as fractions of the full range."""
    flip: bool = False
    crop: Annotated[Annotated[Float, Field(gt=0, lt=1)] | None, _absent(None)] = None
    """Smallest fraction of an image's area that a random resized crop shows."""
    randaugment: Annotated[Annotated[int, Field(ge=1, le=30)] | None, _absent(None)] = None
    """Magnitude of RandAugment."""
    randaugment_operations: Annotated[Annotated[int, Field(ge=1, le=6)] | None, _absent(None)] = None
    """Number of operations that RandAugment applies in sequence; None: 2."""
    mixup: Annotated[Positive | None, _absent(None)] = None
    """Parameter of the Beta distribution of mixup's mixing weights (classification only)."""
    cutmix: Annotated[Positive | None, _absent(None)] = None
    """The same for CutMix; with both, one of the two is drawn for each image."""
    cutout: Annotated[Annotated[int, Field(ge=1)] | None, _absent(None)] = None
    """Side length of Cutout's square, in pixels."""
    select: Literal["last", "best_val"] = "last"
    dtype: Literal["float32", "bfloat16", "auto"] = "float32"
    memory_format: Literal["contiguous", "channels_last"] = "channels_last"


Native = Literal["keep", "strip", "replace"]


class ArmSpec(SpecModel):
    """One variant: a module (or none), its options, its site, and the backbone's width."""

    module: str = "none"
    options: dict[str, Scalar] = {}
    site: str = "block"
    width: Positive = 1.0
    """Factor on the backbone's numbers of channels, for capacity controls."""
    native: Annotated[Native, _absent("keep")] = "keep"
    """What happens to the backbone's own attention: kept, removed, or replaced by the arm's module."""


class StopRule(SpecModel):
    """End the run after `epoch` if its validation metric is below `below` (pruning of a search)."""

    epoch: Annotated[int, Field(ge=1)]
    below: Float


class RunSpec(SpecModel):
    """One training. Equal content gives an equal key and, on the same numeric identity, equal numbers."""

    version: Literal[1] = 1
    task: Task
    dataset: DatasetSpec
    backbone: BackboneSpec
    decoder: DecoderSpec | None = None
    arm: ArmSpec
    recipe: RecipeSpec
    seed: Seed
    stop: tuple[StopRule, ...] = ()
    source: Annotated[str | None, _absent(None)] = None
    """Text of the file with the arm's own module; None for a built-in module."""

    @property
    def key(self) -> str:
        """SHA-256 of the canonical JSON of the spec, in hexadecimal."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()
