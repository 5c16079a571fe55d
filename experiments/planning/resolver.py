"""Resolving of settings and arms: canonical options, the data's content, channels at the sites, dtype.

Two spellings of the same training are equal once they are resolved, so that they have one key.
"""

from dataclasses import replace
from pathlib import Path

import torch

import attention
from datasets import catalog as datasets_catalog
from datasets.preparation.report import Report
from user_error import UserError

from ..config.run_spec import ArmSpec, DatasetSpec, RunSpec, Task
from ..config.study_spec import SettingSpec
from ..models import build, placement, pretrained
from ..models.blueprint import Blueprints
from ..models.build import Shape
from ..models.image_size import describe_inert_attention, size_errors
from ..reproducibility.determinism import prepare_process
from ..reproducibility.seeding import local_seed
from ..training.data import load_data, shape_of
from . import dice_classes
from .recipe import measure_step, resolve_recipe
from .rehearsal import Rehearsals
from .scorable import add_warnings, check_scorable, find_weak

MIN_SPEEDUP = 1.15
"""How many times as fast a bfloat16 step must be for `dtype: auto` to choose it."""
TIMED_BATCH = 32


class Resolver:
    """Resolves settings and arms; data and networks are opened once.

    `dtypes` maps settings to what `dtype: auto` resolved to before; `device` is where steps are timed for it.
    """

    def __init__(self, cache: Path, *, dtypes: dict[str, str] | None = None, device: str = "cpu") -> None:
        self.cache, self.device = cache, torch.device(device)
        self.dtypes = dict(dtypes or {})
        self.data: dict[str, Report] = {}
        """Setting -> the report of its data check."""
        self.notes: dict[str, list[str]] = {}
        """Setting -> what the user should know of its backbone: the choice of weights, attention that is inert."""
        self.blueprints = Blueprints()
        self.rehearsals = Rehearsals(self.blueprints, self.device)
        self._shapes: dict[str, tuple[Shape, int]] = {}
        self._classes: dict[str, tuple[str, ...]] = {}
        self._weak: dict[str, list[str]] = {}

    def resolve_setting(self, name: str, setting: SettingSpec) -> SettingSpec:
        """Return the setting with every default filled in and `dtype: auto` decided.

        Raises UserError for a backbone, data set or recipe that cannot be used.
        """
        build.check_backbone(setting.backbone.name)
        build.check_args(setting.backbone.args, "backbone.args")
        build.check_args(setting.decoder.args if setting.decoder else {}, "decoder.args")
        dataset = self._resolve_dataset(name, setting)
        backbone, note = pretrained.resolve_backbone(setting.backbone, self.cache)
        resolved = setting.model_copy(
            update={"dataset": dataset, "backbone": backbone, "recipe": resolve_recipe(setting)}
        )
        inert = describe_inert_attention(bare_run(resolved, ArmSpec()), self.input_shape(resolved))
        self.notes[name] = [text for text in (note, inert) if text]
        weak = self._weak.get(_data_key(resolved.task, resolved.dataset), [])
        self.data[name] = add_warnings(self.data[name], weak)
        resolved = self._resolve_dice(name, resolved)
        if setting.recipe.dtype != "auto":
            return resolved
        if name not in self.dtypes:
            self.dtypes[name] = self._choose_dtype(resolved)
        recipe = resolved.recipe.model_copy(update={"dtype": self.dtypes[name]})
        return resolved.model_copy(update={"recipe": recipe})

    def _resolve_dice(self, name: str, setting: SettingSpec) -> SettingSpec:
        """Return the setting with the classes of its Dice loss, which the names of the data's classes decide."""
        if setting.task != "segmentation" or not setting.recipe.dice:
            return setting
        classes = self._classes[_data_key(setting.task, setting.dataset)]
        recipe, fact = dice_classes.resolve_dice_classes(setting.recipe, classes)
        self.data[name] = replace(self.data[name], facts=(*self.data[name].facts, fact))
        return setting.model_copy(update={"recipe": recipe})

    def _resolve_dataset(self, name: str, setting: SettingSpec) -> DatasetSpec:
        """Return the data set as a run names it: files by their content, not by their path."""
        spec = setting.dataset
        prepared = datasets_catalog.prepare(
            spec.name, setting.task, spec.options, cache=self.cache, content=spec.content
        )
        datasets_catalog.raise_for_problems(spec.name, prepared)
        if prepared.content and spec.content not in (None, prepared.content):
            raise UserError(
                f"dataset.content: {spec.content} is not the data's hash, which is {prepared.content}"
            )
        self.data[name] = prepared.report
        content = prepared.content or spec.content
        return DatasetSpec(name=spec.name, options=dict(prepared.options), content=content)

    def resolve_arm(self, arm: ArmSpec, setting: SettingSpec) -> ArmSpec:
        """Return the arm with its options checked, and canonical for the channels of its sites in this setting.

        Raises UserError for a module, option or site that does not exist or does not fit.
        """
        _check_pretrained(arm, setting)
        arm = placement.resolve_site(arm)
        placement.check_site(arm)
        if arm.module == "none":
            return self._resolve_plain_arm(arm, setting)
        attention.find(arm.module)
        attention.canonicalize(
            arm.module, arm.options, channels=[64]
        )  # names and values, before any building
        channels = [site.channels for site in self._sites(arm, setting)]
        resolved = ArmSpec(
            module=arm.module,
            options=attention.canonicalize(arm.module, arm.options, channels=channels),
            site=self._canonical_site(arm, setting),
            width=arm.width,
            native=arm.native,
        )
        self.rehearsals.rehearse(bare_run(setting, resolved), self.input_shape(setting))
        return resolved

    def _resolve_plain_arm(self, arm: ArmSpec, setting: SettingSpec) -> ArmSpec:
        if arm.options or arm.site != ArmSpec().site:
            raise UserError("options and site: the arm has no module, so they change nothing")
        plain = ArmSpec(width=arm.width, native=arm.native)
        self.rehearsals.rehearse(bare_run(setting, plain), self.input_shape(setting))
        return plain

    def why_it_does_not_fit(self, arm: ArmSpec, setting: SettingSpec) -> str:
        """Return why the arm's module cannot be built at one of its sites; an empty text if it can."""
        if arm.module == "none":
            return ""
        run = bare_run(setting, placement.resolve_site(arm))
        return self.blueprints.why_it_does_not_fit(run, self.input_shape(setting))

    def _sites(self, arm: ArmSpec, setting: SettingSpec) -> list[attention.Site]:
        return self.blueprints.sites(bare_run(setting, arm), self.input_shape(setting))

    def _canonical_site(self, arm: ArmSpec, setting: SettingSpec) -> str:
        """Return the one spelling of a choice of stages: ascending, and without numbers if it is all of them."""
        kind, numbers, _ = arm.site.partition("@")
        every = arm.model_copy(update={"site": kind})
        chosen = sorted({site.stage for site in self._sites(arm, setting)})
        if not numbers or chosen == sorted({site.stage for site in self._sites(every, setting)}):
            return kind
        return f"{kind}@{','.join(str(stage) for stage in chosen)}"

    def input_shape(self, setting: SettingSpec) -> Shape:
        """Return the shape of the setting's images. Raises UserError for a recipe that does not fit the data."""
        key = _data_key(setting.task, setting.dataset)
        if key not in self._shapes:
            splits = load_data(bare_run(setting, ArmSpec()), self.cache)
            if setting.task == "segmentation":
                check_scorable(splits)
                self._weak[key] = list(find_weak(splits))
            self._shapes[key] = shape_of(splits), len(splits.train.images)
            self._classes[key] = splits.classes
        shape, examples = self._shapes[key]
        if setting.recipe.batch_size > examples:
            raise UserError(
                f"recipe.batch_size: {setting.recipe.batch_size} is more than the {examples} examples"
            )
        side = min(shape.height, shape.width)
        for name in ("shift", "cutout"):
            if (getattr(setting.recipe, name) or 0) >= side:
                raise UserError(f"recipe.{name}: must be less than the images' {side} pixels")
        return shape

    def shape_and_examples(self, run: RunSpec) -> tuple[Shape, int]:
        """Return image shape and number of training examples of a run whose setting was resolved here."""
        return self._shapes[_data_key(run.task, run.dataset)]

    def _choose_dtype(self, setting: SettingSpec) -> str:
        """Return bfloat16 if a step of this network is at least `MIN_SPEEDUP` times as fast with it, else float32."""
        prepare_process()
        shape, plain = self.input_shape(setting), bare_run(setting, ArmSpec())
        batch = min(TIMED_BATCH, setting.recipe.batch_size)
        images = shape.example().expand(batch, -1, -1, -1).to(self.device)
        with size_errors(plain, shape):
            with local_seed(0, "dtype"):
                network = build.build_plain(plain, shape).train().to(self.device)
            seconds = {
                dtype: measure_step(network, images, dtype) for dtype in (torch.float32, torch.bfloat16)
            }
        is_faster = seconds[torch.float32] > MIN_SPEEDUP * seconds[torch.bfloat16]
        return "bfloat16" if is_faster else "float32"


def _data_key(task: Task, dataset: DatasetSpec) -> str:
    return f"{task} {dataset.model_dump_json()}"


def _check_pretrained(arm: ArmSpec, setting: SettingSpec) -> None:
    """Raises UserError if the arm would lose pretrained weights: by another width, or by a module's start."""
    if setting.backbone.pretrained is False:
        return
    if arm.width != 1.0:
        raise UserError(f"width: {arm.width} does not fit the setting's pretrained weights")
    if arm.module != "none" and attention.identity_start(arm.module, arm.options) == "none":
        raise UserError(
            f"module: {arm.module} does not start as the identity at these options, so the setting's pretrained "
            "weights would be lost"
        )


def bare_run(setting: SettingSpec, arm: ArmSpec) -> RunSpec:
    """Return a run of the arm for questions whose answer does not depend on the seed."""
    return run_spec(setting, arm, seed=0)


def run_spec(setting: SettingSpec, arm: ArmSpec, *, seed: int) -> RunSpec:
    """Return the run of a resolved arm in a resolved setting."""
    source = "" if arm.module == "none" else attention.find(arm.module).source
    return RunSpec(
        task=setting.task,
        dataset=setting.dataset,
        backbone=setting.backbone,
        decoder=setting.decoder,
        arm=arm,
        recipe=setting.recipe,
        seed=seed,
        source=source or None,
    )
