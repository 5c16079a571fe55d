"""What a study and a run are: strict, frozen descriptions, and the key that names a run by its content.

Floor 0: pydantic only. A `StudySpec` is what a person writes; `experiments.planning.plan` expands it into
`RunSpec`s, whose values are already canonical, so that equal trainings have equal keys.
"""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
)

Scalar = bool | int | float | str | None
Task = Literal["classification", "segmentation"]
PRIMARY: dict[Task, str] = {"classification": "accuracy", "segmentation": "iou"}
"""Task -> the metric that arms are compared by."""


def _reject_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number, not true or false")
    return value


# YAML 1.1 reads 1e-3 as text; these fields take it as the number that was meant.
Float = Annotated[float, BeforeValidator(_reject_bool), Field(strict=False, allow_inf_nan=False)]
Positive = Annotated[Float, Field(gt=0)]
Fraction = Annotated[Float, Field(ge=0, lt=1)]
NotNegative = Annotated[Float, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Label = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]


class SpecModel(BaseModel):
    """A piece of a description: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DatasetSpec(SpecModel):
    """A data set by its catalogue name, its options, and (when not built in) the hash of its content."""

    name: str
    options: dict[str, bool | int | float | str] = {}
    content: str | None = None


class BackboneSpec(SpecModel):
    """A timm architecture, the arguments it is created with, and the weights it starts from."""

    name: str
    args: dict[str, JsonValue] = {}
    pretrained: bool | str = False
    """True for timm's own weights, or a file of weights; in a run the hash of their content."""

    @model_serializer(mode="wrap")
    def _only_pretrained_weights_are_named(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = dump(self)
        return {key: value for key, value in content.items() if key != "pretrained" or value is not False}


class DecoderSpec(SpecModel):
    """A segmentation_models_pytorch decoder on the timm encoder."""

    name: str = "unet"
    args: dict[str, JsonValue] = {}
    neck: Annotated[int, Field(ge=1)] | None = None
    """Channels of a pyramid between backbone and decoder, for backbones that SMP refuses (`neck.Pyramid`)."""

    @model_serializer(mode="wrap")
    def _only_a_neck_is_named(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """So that runs without one keep the key they had before it existed."""
        content: dict[str, Any] = dump(self)
        return {key: value for key, value in content.items() if key != "neck" or value is not None}


LATER = ("crop", "randaugment", "randaugment_operations", "mixup", "cutmix", "cutout")


class RecipeSpec(SpecModel):
    """How a network is trained. Everything here may change the result, so all of it is in the key."""

    epochs: Annotated[int, Field(ge=1)] = 3
    batch_size: Annotated[int, Field(ge=2)] = 64
    optimizer: str = "sgd"
    learning_rate: Positive = 0.1
    weight_decay: NotNegative = 5e-4
    momentum: Annotated[Float, Field(gt=0, lt=1)] | None = None
    """None: 0.9 where the optimiser has one."""
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup: Fraction = 0.1
    """Share of all steps over which the learning rate rises linearly from zero."""
    clip_gradient: Positive | None = None
    ema: Fraction | None = None
    """Decay of the moving average of the weights that is evaluated; none: the weights themselves."""
    label_smoothing: Fraction = 0.0
    dice: NotNegative | None = None
    """Weight of the Dice loss beside cross-entropy (segmentation only; none: 1)."""
    shift: Annotated[int, Field(ge=0)] = 3
    """Largest random shift of an image, in pixels."""
    contrast: Fraction = 0.2
    brightness: Fraction = 0.1
    """Largest random changes of contrast and brightness, as parts of the full range."""
    flip: bool = False
    crop: Annotated[Float, Field(gt=0, lt=1)] | None = None
    """Smallest part of an image's area that a random resized crop shows."""
    randaugment: Annotated[int, Field(ge=1, le=30)] | None = None
    """Strength of RandAugment."""
    randaugment_operations: Annotated[int, Field(ge=1, le=6)] | None = None
    """Operations that it applies in turn; none: 2."""
    mixup: Positive | None = None
    """Parameter of the Beta distribution of mixup's weights (classification only)."""
    cutmix: Positive | None = None
    """The same of CutMix; with both, each image draws one of the two."""
    cutout: Annotated[int, Field(ge=1)] | None = None
    """Side of Cutout's square, in pixels."""
    select: Literal["last", "best_val"] = "last"
    dtype: Literal["float32", "bfloat16", "auto"] = "float32"
    memory_format: Literal["contiguous", "channels_last"] = "channels_last"

    @model_serializer(mode="wrap")
    def _later_keys_only_where_given(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """So that runs without them keep the key they had before these existed."""
        content: dict[str, Any] = dump(self)
        return {key: value for key, value in content.items() if key not in LATER or value is not None}


Native = Literal["keep", "strip", "replace"]


class ArmSpec(SpecModel):
    """One variant: a module (or none), its options, where it is plugged, and the backbone's width."""

    module: str = "none"
    options: dict[str, Scalar] = {}
    site: str = "block"
    width: Positive = 1.0
    """Factor on the backbone's channels: the capacity controls."""
    native: Native = "keep"
    """What becomes of attention that the backbone ships with: taken out, or the arm's module in its place."""

    @model_serializer(mode="wrap")
    def _native_attention_only_where_it_changes(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """So that runs without it keep the key they had before it existed."""
        content: dict[str, Any] = dump(self)
        return {key: value for key, value in content.items() if key != "native" or value != "keep"}


class StopRule(SpecModel):
    """End the run after `epoch` when its validation metric is below `below` (a search's pruning)."""

    epoch: Annotated[int, Field(ge=1)]
    below: Float


class RunSpec(SpecModel):
    """One training. Same content, same key, same numbers on the same numeric identity."""

    version: Literal[1] = 1
    task: Task
    dataset: DatasetSpec
    backbone: BackboneSpec
    decoder: DecoderSpec | None = None
    arm: ArmSpec
    recipe: RecipeSpec
    seed: Seed
    stop: tuple[StopRule, ...] = ()
    source: str | None = None
    """The text of the file that the arm's module comes from; none for a built-in module."""

    @model_serializer(mode="wrap")
    def _only_an_own_module_has_a_source(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = dump(self)
        return {key: value for key, value in content.items() if key != "source" or value is not None}

    @property
    def key(self) -> str:
        """SHA-256 (hexadecimal) of the canonical JSON of all of the content."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()
