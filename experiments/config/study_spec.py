"""What a person asks for: a study's arms, settings, seeds, designs and search, as strict and frozen descriptions."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from .run_spec import (
    ArmSpec,
    BackboneSpec,
    DatasetSpec,
    DecoderSpec,
    Float,
    Label,
    Positive,
    RecipeSpec,
    Scalar,
    Seed,
    SpecModel,
    Task,
)

Role = Literal["arm", "control", "positive_control", "aa"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class SettingSpec(SpecModel):
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


class GridDesign(SpecModel):
    """Every combination of the factors' values, each compared with the study's baseline."""

    kind: Literal["grid"]
    module: str
    site: str = "block"
    options: dict[str, Scalar] = Field(default_factory=dict)
    factors: Factors


class OneFactorDesign(SpecModel):
    """Each factor varied alone from a reference arm, and compared with it."""

    kind: Literal["one_factor"]
    reference: Label
    factors: Factors


class LeaveOneOutDesign(SpecModel):
    """What the full arm loses when one component is removed; `removed`: component -> arm without it."""

    kind: Literal["leave_one_out"]
    full: Label
    removed: dict[Label, Label]


Design = Annotated[GridDesign | OneFactorDesign | LeaveOneOutDesign, Field(discriminator="kind")]


class LearningRates(SpecModel):
    """The learning rate's range, searched on a logarithmic scale in every arm."""

    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _low_is_below_high(self) -> "LearningRates":
        if self.low >= self.high:
            raise ValueError("`low` must be below `high`")
        return self


class SearchSpec(SpecModel):
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


class ModuleFile(SpecModel):
    """A user's file of own modules: its path as the user wrote it, and its text."""

    path: str
    source: str


class Limits(SpecModel):
    """What runs and a study may use. Not in a run's key: where nothing is exceeded, no result depends on it."""

    run_memory_mb: Positive | None = None
    """Memory that a run may allocate, in MB (2^20 bytes); beyond, it is `out of memory`."""
    run_minutes: Positive | None = None
    """Time that a run may train, all its attempts together."""
    study_minutes: Positive | None = None
    """Time of one `run` command; what is at work then is saved."""


class StudySpec(SpecModel):
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
