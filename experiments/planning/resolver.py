"""From what a person wrote to what it comes to: canonical options, data, channels per site, dtype.

Two spellings that train the same network come out equal here, so that they have one key.
"""

from pathlib import Path

import torch

import attention
from datasets import catalog as datasets_catalog
from datasets.preparation.report import Report
from user_error import UserError

from ..config.run_spec import ArmSpec, DatasetSpec, RunSpec
from ..config.study_spec import SettingSpec
from ..models import build, placement, pretrained
from ..models.blueprint import Blueprints
from ..models.build import Shape
from ..reproducibility.determinism import prepare_process
from ..reproducibility.seeding import local_seed
from ..training.data import load_data, shape_of
from .recipe import FASTER, _resolved_recipe, _step_seconds


class Resolver:
    """Resolves settings and arms, remembering what it has built for the questions that repeat."""

    def __init__(self, cache: Path, *, dtypes: dict[str, str] | None = None, device: str = "cpu") -> None:
        self.cache, self.device = cache, torch.device(device)
        self.dtypes = dict(dtypes or {})
        self.data: dict[str, Report] = {}
        """What was found in each setting's data."""
        self.blueprints = Blueprints()
        self._shapes: dict[str, tuple[Shape, int]] = {}

    def setting(self, name: str, setting: SettingSpec) -> SettingSpec:
        """The setting with every default of its data set filled in and `dtype: auto` decided."""
        build.check_backbone(setting.backbone.name)
        build.check_args(setting.backbone.args, "backbone.args")
        build.check_args(setting.decoder.args if setting.decoder else {}, "decoder.args")
        dataset = self._dataset(name, setting)
        backbone = setting.backbone.model_copy(
            update={"pretrained": pretrained.fetch_weights(setting.backbone, self.cache) or False}
        )
        resolved = setting.model_copy(
            update={"dataset": dataset, "backbone": backbone, "recipe": _resolved_recipe(setting)}
        )
        self.shape(resolved)
        if setting.recipe.dtype != "auto":
            return resolved
        if name not in self.dtypes:
            self.dtypes[name] = self._fastest_dtype(resolved)
        recipe = resolved.recipe.model_copy(update={"dtype": self.dtypes[name]})
        return resolved.model_copy(update={"recipe": recipe})

    def _dataset(self, name: str, setting: SettingSpec) -> DatasetSpec:
        """The data as a run names them: by content instead of place where they are not built in."""
        given = setting.dataset
        prepared = datasets_catalog.prepare(
            given.name, setting.task, given.options, cache=self.cache, content=given.content
        )
        datasets_catalog.raise_for_problems(given.name, prepared)
        if prepared.content and given.content not in (None, prepared.content):
            raise UserError(
                f"dataset.content: {given.content} is not the data's hash, which is {prepared.content}"
            )
        self.data[name] = prepared.report
        return DatasetSpec(
            name=given.name, options=dict(prepared.options), content=prepared.content or given.content
        )

    def arm(self, arm: ArmSpec, setting: SettingSpec) -> ArmSpec:
        """The arm with its options checked and canonical for the channels that its sites have here."""
        _check_start(arm, setting)
        arm = placement.resolve_site(arm)
        placement.check_site(arm)
        if arm.module == "none":
            if arm.options or arm.site != ArmSpec().site:
                raise UserError("options and site: the arm has no module, so they change nothing")
            plain = ArmSpec(width=arm.width, native=arm.native)
            self.blueprints.check_plain(bare_run(setting, plain), self.shape(setting))
            return plain
        attention.find(arm.module)
        attention.canonicalize(
            arm.module, arm.options, channels=[64]
        )  # names and values, before anything is built
        sites = self._sites(arm, setting)
        options = attention.canonicalize(arm.module, arm.options, channels=[site.channels for site in sites])
        resolved = ArmSpec(
            module=arm.module,
            options=options,
            site=self._canonical_site(arm, setting),
            width=arm.width,
            native=arm.native,
        )
        self.blueprints.check_arm(bare_run(setting, resolved), self.shape(setting))
        return resolved

    def why_it_does_not_fit(self, arm: ArmSpec, setting: SettingSpec) -> str:
        """Why the arm's module cannot be built at one of its sites with these options; empty where it can."""
        if arm.module == "none":
            return ""
        run = bare_run(setting, placement.resolve_site(arm))
        return self.blueprints.why_it_does_not_fit(run, self.shape(setting))

    def _sites(self, arm: ArmSpec, setting: SettingSpec) -> list[attention.Site]:
        return self.blueprints.sites(bare_run(setting, arm), self.shape(setting))

    def _canonical_site(self, arm: ArmSpec, setting: SettingSpec) -> str:
        """One way to write a choice of stages: ascending, and none at all where it is all of them."""
        kind, at, _ = arm.site.partition("@")
        chosen = sorted({site.stage for site in self._sites(arm, setting)})
        if not at or chosen == sorted({site.stage for site in self._sites(_at(arm, kind), setting)}):
            return kind
        return f"{kind}@{','.join(str(stage) for stage in chosen)}"

    def shape(self, setting: SettingSpec) -> Shape:
        place = f"{setting.task} {setting.dataset.model_dump_json()}"
        if place not in self._shapes:
            splits = load_data(bare_run(setting, ArmSpec()), self.cache)
            self._shapes[place] = shape_of(splits), len(splits.train.images)
        shape, examples = self._shapes[place]
        if setting.recipe.batch_size > examples:
            raise UserError(
                f"recipe.batch_size: {setting.recipe.batch_size} is more than the {examples} examples"
            )
        for key in ("shift", "cutout"):
            if (getattr(setting.recipe, key) or 0) >= min(shape.height, shape.width):
                raise UserError(
                    f"recipe.{key}: must be less than the images' {min(shape.height, shape.width)} pixels"
                )
        return shape

    def seen(self, run: RunSpec) -> tuple[Shape, int]:
        """Shape and number of training examples of a run that was resolved here."""
        return self._shapes[f"{run.task} {run.dataset.model_dump_json()}"]

    def _fastest_dtype(self, setting: SettingSpec) -> str:
        """bfloat16 where a training step of this very network is at least 1.15 times as fast, else float32."""
        prepare_process()
        shape = self.shape(setting)
        with local_seed(0, "dtype"):
            network = build.build_plain(bare_run(setting, ArmSpec()), shape).train().to(self.device)
        images = shape.example().expand(min(32, setting.recipe.batch_size), -1, -1, -1).to(self.device)
        seconds = {dtype: _step_seconds(network, images, dtype) for dtype in (torch.float32, torch.bfloat16)}
        faster = seconds[torch.float32] > FASTER * seconds[torch.bfloat16]
        return "bfloat16" if faster else "float32"


def _check_start(arm: ArmSpec, setting: SettingSpec) -> None:
    """Pretrained weights fit one width, and are lost behind a module that does not start as the identity."""
    if setting.backbone.pretrained is False:
        return
    if arm.width != 1.0:
        raise UserError(f"width: {arm.width} does not fit the setting's pretrained weights")
    if arm.module != "none" and attention.identity_start(arm.module, arm.options) == "none":
        raise UserError(
            f"module: {arm.module} does not start as the identity at these options, so the setting's pretrained "
            "weights would be lost"
        )


def _at(arm: ArmSpec, site: str) -> ArmSpec:
    return arm.model_copy(update={"site": site})


def bare_run(setting: SettingSpec, arm: ArmSpec) -> RunSpec:
    """A run of the arm, for questions whose answer does not depend on the seed."""
    return run_spec(setting, arm, seed=0)


def run_spec(setting: SettingSpec, arm: ArmSpec, *, seed: int) -> RunSpec:
    """The run of a resolved arm in a resolved setting."""
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
