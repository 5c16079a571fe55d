"""The specification of a study, strict and frozen: its arms, settings, seeds, designs and search."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from .names import check_name
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
Name = Annotated[str, AfterValidator(check_name)]


class SettingSpec(SpecModel):
    """A setting that arms are compared on: task, data set, backbone, decoder and recipe."""

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
    """An arm of a study, with its role in the comparisons.

    `module` may include options, as on the command line: 'cbam:reduction=8,kernel_size=7'.
    """

    role: Role = "arm"
    expect: Literal["BETTER", "WORSE"] | None = None
    """The verdict that a working pipeline must give (positive controls)."""
    seed_shift: Annotated[int, Field(ge=0)] = 0
    """Added to every seed of an A/A arm: the same training with other seeds, so that any verdict is a false one."""
    matched: Literal["params", "macs"] | None = None
    """Widen the plain backbone until it costs as much as the arm `of` (capacity control)."""
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
            raise ValueError("a matched arm takes no module and no width: its width is computed")
        return self

    @property
    def paired(self) -> Literal["weights", "data", "nothing"]:
        """What the arm shares with the baseline: initial weights and data order, data order only, or nothing."""
        if self.role == "aa":
            return "nothing"
        return "weights" if self.width == 1.0 and not self.matched else "data"


def _distinct(values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """Raise ValueError for a value that is listed twice, and for an empty list."""
    if not values:
        raise ValueError("lists no value")
    twice = next((value for number, value in enumerate(values) if value in values[:number]), None)
    if len(set(values)) < len(values):
        raise ValueError(f"lists {twice!r} twice")
    return values


Values = Annotated[tuple[Scalar, ...], AfterValidator(_distinct)]
Factors = dict[str, Values | None]
"""Option -> values; None: all values of the option's declared domain."""


def _check_factors(factors: Factors) -> None:
    if not factors:
        raise ValueError("`factors` names no option, so nothing varies")


class GridDesign(SpecModel):
    """A full factorial design: every combination of the factors' values, compared with the study's baseline."""

    kind: Literal["grid"]
    module: str
    site: str = "block"
    options: dict[str, Scalar] = Field(default_factory=dict)
    factors: Factors

    @model_validator(mode="after")
    def _factors_vary_options_that_are_not_set(self) -> "GridDesign":
        _check_factors(self.factors)
        for option in self.options.keys() & self.factors.keys():
            raise ValueError(
                f"the option {option} is set in `options` and varied in `factors`; give one of the two"
            )
        return self


class OneFactorDesign(SpecModel):
    """A design that varies one factor at a time from a reference arm, and compares with that arm."""

    kind: Literal["one_factor"]
    reference: Label
    factors: Factors

    @model_validator(mode="after")
    def _something_varies(self) -> "OneFactorDesign":
        _check_factors(self.factors)
        return self


class LeaveOneOutDesign(SpecModel):
    """A design that compares a full arm with arms without one component; `removed`: component -> arm without it."""

    kind: Literal["leave_one_out"]
    full: Label
    removed: dict[Label, Label]

    @model_validator(mode="after")
    def _each_component_is_removed_once(self) -> "LeaveOneOutDesign":
        if not self.removed:
            raise ValueError("`removed` names no component, so nothing is removed")
        without = list(self.removed.values())
        for component, label in self.removed.items():
            if label == self.full:
                raise ValueError(
                    f"removed.{component}: {label} is the full arm itself, so nothing is removed"
                )
            if without.count(label) > 1:
                raise ValueError(f"removed.{component}: {label} is the arm without another component as well")
        return self


Design = Annotated[GridDesign | OneFactorDesign | LeaveOneOutDesign, Field(discriminator="kind")]


class LearningRates(SpecModel):
    """The range of the learning rate, searched on a logarithmic scale in every arm."""

    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _low_is_below_high(self) -> "LearningRates":
        if self.low >= self.high:
            raise ValueError("`low` must be below `high`")
        return self


class SearchSpec(SpecModel):
    """An Optuna search with the same number of trials and the same learning-rate range for every arm."""

    arms: dict[Label, Factors]
    """Arm -> option -> values to try; None: all values of the declared domain."""
    learning_rates: dict[Name, LearningRates]
    """Setting -> range of the learning rate."""
    trials: Annotated[int, Field(ge=1)] = 6
    generation: Annotated[int, Field(ge=1)] = 3
    """Number of trials that are proposed together; they end before the next are proposed."""
    seed: Seed = 1000
    """Seed of the trials; not one of the study's seeds, so that winners are confirmed on new ones."""
    site: str | None = None
    """Site of the searched modules; None: the arm's site."""
    prune_after: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """Epochs after which a trial ends if it is below the median of the earlier generations."""


class ModuleFile(SpecModel):
    """A user's file with modules: its path as the user wrote it, and its text."""

    path: str
    source: str


MAX_RUNS, MAX_ARMS = 10_000, 500
"""The most runs, and arms counted in each setting, of a study that sets no limit of its own."""


class Limits(SpecModel):
    """Limits of runs and of the study. Not in a run's key, since no result depends on them."""

    run_memory_mb: Positive | None = None
    """Memory that a run may allocate, in MB (2^20 bytes); a run that needs more ends as `out of memory`."""
    run_minutes: Positive | None = None
    """Training time of a run over all its attempts, in minutes."""
    study_minutes: Positive | None = None
    """Time of one `run` command, in minutes; the runs at work then save a checkpoint and stop."""
    runs: Annotated[int, Field(ge=1, exclude_if=lambda value: value == MAX_RUNS)] = MAX_RUNS
    """The most runs and trials of the study; more are refused before anything starts, as most are typing errors."""
    arms: Annotated[int, Field(ge=1, exclude_if=lambda value: value == MAX_ARMS)] = MAX_ARMS
    """The same for arms, counted once in each setting: each is tried on the real network, in about 0.1 s."""


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
    keep: Annotated[Literal["weights"] | None, Field(exclude_if=lambda value: value is None)] = None
    """`weights`: every finished run keeps the weights that were tested, as safetensors. In no run's key."""
    modules: tuple[ModuleFile, ...] = ()

    @field_validator("seeds")
    @classmethod
    def _seeds_are_distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if not seeds or len(set(seeds)) != len(seeds):
            raise ValueError("name at least one seed, each once")
        return seeds
