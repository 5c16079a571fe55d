"""What a study and a run are: strict, frozen descriptions, and the key that names a run by its content.

Floor 0: pydantic only. A `StudySpec` is what a person writes; `experiments.design` expands it into
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
    field_validator,
    model_serializer,
    model_validator,
)

Scalar = bool | int | float | str | None
Task = Literal["classification", "segmentation"]
Role = Literal["arm", "control", "positive_control", "aa"]


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number, not true or false")
    return value


# YAML 1.1 reads 1e-3 as text; these fields take it as the number that was meant.
Float = Annotated[float, BeforeValidator(_no_bool), Field(strict=False, allow_inf_nan=False)]
Positive = Annotated[Float, Field(gt=0)]
Fraction = Annotated[Float, Field(ge=0, lt=1)]
NotNegative = Annotated[Float, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Label = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Part(BaseModel):
    """A piece of a description: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DatasetSpec(Part):
    """A data set by its catalogue name, its options, and (when not built in) the hash of its content."""

    name: str
    options: dict[str, bool | int | float | str] = {}
    content: str | None = None


class BackboneSpec(Part):
    """A timm architecture, the arguments it is created with, and the weights it starts from."""

    name: str
    args: dict[str, JsonValue] = {}
    pretrained: bool | str = False
    """True for timm's own weights, or a file of weights; in a run the hash of their content."""

    @model_serializer(mode="wrap")
    def _only_pretrained_weights_are_named(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = dump(self)
        return {key: value for key, value in content.items() if key != "pretrained" or value is not False}


class DecoderSpec(Part):
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


class RecipeSpec(Part):
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


class ArmSpec(Part):
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


class StopRule(Part):
    """End the run after `epoch` when its validation metric is below `below` (a search's pruning)."""

    epoch: Annotated[int, Field(ge=1)]
    below: Float


class RunSpec(Part):
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


class SettingSpec(Part):
    """Task x dataset x backbone x recipe: what arms are compared on."""

    task: Task
    dataset: DatasetSpec
    backbone: BackboneSpec
    decoder: DecoderSpec | None = None
    recipe: RecipeSpec = RecipeSpec()

    @model_validator(mode="after")
    def _decoder_belongs_to_segmentation(self) -> "SettingSpec":
        if (self.task == "segmentation") != (self.decoder is not None):
            raise ValueError("a segmentation setting needs a `decoder`, a classification setting takes none")
        return self


class StudyArm(ArmSpec):
    """An arm as a study declares it: with its part in the argument.

    `module` may carry options as a command line does: 'cbam:reduction=8,kernel_size=7'.
    """

    role: Role = "arm"
    expect: Literal["BETTER", "WORSE"] | None = None
    """The verdict that a sound pipeline must give (positive controls)."""
    seed_shift: Annotated[int, Field(ge=0)] = 0
    """Added to every seed of an A/A arm: the same training, other randomness, so that any verdict is false."""
    matched: Literal["params", "macs"] | None = None
    """Widen the plain backbone until it costs as much as the arm `of`: the control for capacity."""
    of: Label | None = None

    @model_validator(mode="after")
    def _an_aa_arm_has_other_seeds(self) -> "StudyArm":
        if (self.role == "aa") != (self.seed_shift > 0):
            raise ValueError("`seed_shift` above 0 goes with `role: aa`, and only there")
        return self

    @model_validator(mode="after")
    def _a_positive_control_says_what_it_expects(self) -> "StudyArm":
        if (self.role == "positive_control") != (self.expect is not None):
            raise ValueError("`expect: BETTER` or `WORSE` goes with `role: positive_control`, and only there")
        return self

    @model_validator(mode="after")
    def _a_matched_arm_is_the_plain_network(self) -> "StudyArm":
        if (self.matched is None) != (self.of is None):
            raise ValueError("`matched: params` or `macs` goes with `of: ARM`, and only there")
        if self.matched and (self.module != "none" or self.width != 1.0):
            raise ValueError("a matched arm takes no module and no width: the width is what is looked for")
        return self

    @property
    def paired(self) -> Literal["weights", "data", "nothing"]:
        """Whether the arm starts from the baseline's weights, or shares only data order with it."""
        if self.role == "aa":
            return "nothing"
        return "weights" if self.width == 1.0 and not self.matched else "data"


Factors = dict[str, Annotated[tuple[Scalar, ...], Field(min_length=1)] | None]
"""Option -> values; null: the whole declared domain."""


class GridDesign(Part):
    """Every combination of the factors' values, each compared with the study's baseline."""

    kind: Literal["grid"]
    module: str
    site: str = "block"
    options: dict[str, Scalar] = {}
    factors: Factors


class OneFactorDesign(Part):
    """Each factor varied alone from a reference arm, and compared with it."""

    kind: Literal["one_factor"]
    reference: Label
    factors: Factors


class LeaveOneOutDesign(Part):
    """What the full arm loses when one component is removed; `removed`: component -> arm without it."""

    kind: Literal["leave_one_out"]
    full: Label
    removed: dict[Label, Label]


Design = Annotated[GridDesign | OneFactorDesign | LeaveOneOutDesign, Field(discriminator="kind")]


class LearningRates(Part):
    """The learning rate's range, searched on a logarithmic scale in every arm."""

    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _low_is_below_high(self) -> "LearningRates":
        if self.low >= self.high:
            raise ValueError("`low` must be below `high`")
        return self


class SearchSpec(Part):
    """An Optuna search with the same number of trials and the same learning-rate range for every arm."""

    arms: dict[Label, dict[str, tuple[Scalar, ...] | None]]
    """Arm -> option -> values to try; null: the whole declared domain."""
    learning_rates: dict[Name, LearningRates]
    """Setting -> range."""
    trials: Annotated[int, Field(ge=1)] = 6
    generation: Annotated[int, Field(ge=1)] = 3
    """Trials proposed together; a generation ends before the next is proposed."""
    seed: Seed = 1000
    """Seed of the trials' trainings: not among the study's, so that winners are confirmed on fresh ones."""
    site: str | None = None
    """Where searched modules are plugged; none: where the arm says."""
    prune_after: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """Epochs after which a trial below the median of the earlier generations ends."""


class ModuleFile(Part):
    """A user's file of own modules: its path as the user wrote it, and its text."""

    path: str
    source: str


class Limits(Part):
    """What runs and a study may use. Not in a run's key: where nothing is exceeded, no result depends on it."""

    run_memory_mb: Positive | None = None
    """Memory that a run may allocate, in MB (2^20 bytes); beyond, it is `out of memory`."""
    run_minutes: Positive | None = None
    """Time that a run may train, all its attempts together."""
    study_minutes: Positive | None = None
    """Time of one `run` command; what is at work then is saved."""


class StudySpec(Part):
    """A study file: which arms are compared, on which settings, with which seeds, and what counts."""

    name: Name
    title: str = ""
    question: str = ""
    margin: Positive
    """Smallest difference that matters, in points of the primary metric."""
    alpha: Annotated[Float, Field(gt=0, lt=0.5)] = 0.05
    baseline: Label = "none"
    seeds: tuple[Seed, ...]
    settings: dict[Name, SettingSpec]
    arms: dict[Label, StudyArm]
    designs: tuple[Design, ...] = ()
    search: SearchSpec | None = None
    limits: Limits = Limits()
    modules: tuple[ModuleFile, ...] = ()

    @field_validator("seeds")
    @classmethod
    def _seeds_are_distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if not seeds or len(set(seeds)) != len(seeds):
            raise ValueError("name at least one seed, each once")
        return seeds
