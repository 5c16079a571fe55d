"""From what a person wrote to what it comes to: canonical options, data, channels per site, dtype.

Two spellings that train the same network come out equal here, so that they have one key.
"""

from pathlib import Path

import torch

import attention
from datasets import catalog as datasets_catalog
from datasets.reporting import Report

from ..config.run_spec import ArmSpec, DatasetSpec, RunSpec
from ..config.study_spec import SettingSpec
from ..models import build, placement, pretrained
from ..models.build import Shape
from ..reproducibility.determinism import prepare_process
from ..reproducibility.seeding import seeded
from ..training.data import load_data, shape_of
from .recipe import FASTER, _resolved_recipe, _step_seconds


class Resolver:
    """Resolves settings and arms, remembering what it has built for the questions that repeat."""

    def __init__(self, cache: Path, *, dtypes: dict[str, str] | None = None, device: str = "cpu") -> None:
        self.cache, self.device = cache, torch.device(device)
        self.dtypes = dict(dtypes or {})
        self.data: dict[str, Report] = {}
        """What was found in each setting's data."""
        self._shapes: dict[str, tuple[Shape, int]] = {}
        self._places: dict[str, list[attention.Site]] = {}
        self._built: set[str] = set()

    def setting(self, name: str, setting: SettingSpec) -> SettingSpec:
        """The setting with every default of its data set filled in and `dtype: auto` decided."""
        build.check_backbone(setting.backbone.name)
        build.check_args(setting.backbone.args, "backbone.args")
        build.check_args(setting.decoder.args if setting.decoder else {}, "decoder.args")
        dataset = self._dataset(name, setting)
        backbone = setting.backbone.model_copy(
            update={"pretrained": pretrained.fetched(setting.backbone, self.cache) or False}
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
        datasets_catalog.refuse(given.name, prepared)
        if prepared.content and given.content not in (None, prepared.content):
            raise ValueError(
                f"dataset.content: {given.content} is not the data's hash, which is {prepared.content}"
            )
        self.data[name] = prepared.report
        return DatasetSpec(
            name=given.name, options=dict(prepared.options), content=prepared.content or given.content
        )

    def arm(self, arm: ArmSpec, setting: SettingSpec) -> ArmSpec:
        """The arm with its options checked and canonical for the channels that its sites have here."""
        _check_start(arm, setting)
        arm = placement.sited(arm)
        placement.check(arm)
        if arm.module == "none":
            if arm.options or arm.site != ArmSpec().site:
                raise ValueError("options and site: the arm has no module, so they change nothing")
            plain = ArmSpec(width=arm.width, native=arm.native)
            self._build(setting, plain)
            return plain
        attention.find(arm.module)
        attention.canonical(
            arm.module, arm.options, channels=[64]
        )  # names and values, before anything is built
        sites = self._sites(arm, setting)
        options = attention.canonical(arm.module, arm.options, channels=[site.channels for site in sites])
        resolved = ArmSpec(
            module=arm.module,
            options=options,
            site=self._spelling(arm, setting),
            width=arm.width,
            native=arm.native,
        )
        self._rehearse(resolved, setting, sites)
        return resolved

    def misfit(self, arm: ArmSpec, setting: SettingSpec) -> str:
        """Why the arm's module cannot be built at one of its sites with these options; empty where it can."""
        if arm.module == "none":
            return ""
        arm = placement.sited(arm)
        for site in {
            (site.channels, site.second): site for site in reversed(self._sites(arm, setting))
        }.values():
            try:
                with torch.device("meta"):
                    placement.make(arm, site)
            except ValueError as error:
                return f"site {site.name} ({site.channels} channels): {error}"
        return ""

    def _rehearse(self, arm: ArmSpec, setting: SettingSpec, sites: list[attention.Site]) -> None:
        """Find out on the meta device that the network with its modules runs, once."""
        run = bare_run(setting, arm)
        place = network_key(run, self.shape(setting))
        if place not in self._built:
            build.rehearse(run, self.shape(setting), sites)
            self._built.add(place)

    def _spelling(self, arm: ArmSpec, setting: SettingSpec) -> str:
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
            raise ValueError(
                f"recipe.batch_size: {setting.recipe.batch_size} is more than the {examples} examples"
            )
        for key in ("shift", "cutout"):
            if (getattr(setting.recipe, key) or 0) >= min(shape.height, shape.width):
                raise ValueError(
                    f"recipe.{key}: must be less than the images' {min(shape.height, shape.width)} pixels"
                )
        return shape

    def seen(self, run: RunSpec) -> tuple[Shape, int]:
        """Shape and number of training examples of a run that was resolved here."""
        return self._shapes[f"{run.task} {run.dataset.model_dump_json()}"]

    def _build(self, setting: SettingSpec, arm: ArmSpec) -> None:
        """Find out that the network without modules can be built, once."""
        run = bare_run(setting, arm)
        place = network_key(run, self.shape(setting))
        if place not in self._built:
            shape = self.shape(setting)
            with seeded(0, "probe"):
                network = build.plain(run, shape)
                placement.strip(network, arm)
                with build.running(run, shape):
                    made = network(shape.example().expand(2, -1, -1, -1))
            if getattr(made, "shape", ())[:2] != (2, shape.classes):
                raise ValueError(
                    f"backbone: {setting.backbone.name} gives no scores of {shape.classes} classes"
                )
            self._built.add(place)

    def _sites(self, arm: ArmSpec, setting: SettingSpec) -> list[attention.Site]:
        module = arm.module if placement.takes_two(arm.module) else "none"
        run = bare_run(setting, ArmSpec(module=module, site=arm.site, width=arm.width, native=arm.native))
        place = network_key(run, self.shape(setting))
        if place not in self._places:
            self._places[place] = build.places(run, self.shape(setting))
        return self._places[place]

    def _fastest_dtype(self, setting: SettingSpec) -> str:
        """bfloat16 where a training step of this very network is at least 1.15 times as fast, else float32."""
        prepare_process()
        shape = self.shape(setting)
        with seeded(0, "dtype"):
            network = build.plain(bare_run(setting, ArmSpec()), shape).train().to(self.device)
        images = shape.example().expand(min(32, setting.recipe.batch_size), -1, -1, -1).to(self.device)
        seconds = {dtype: _step_seconds(network, images, dtype) for dtype in (torch.float32, torch.bfloat16)}
        faster = seconds[torch.float32] > FASTER * seconds[torch.bfloat16]
        return "bfloat16" if faster else "float32"


def _check_start(arm: ArmSpec, setting: SettingSpec) -> None:
    """Pretrained weights fit one width, and are lost behind a module that does not start as the identity."""
    if setting.backbone.pretrained is False:
        return
    if arm.width != 1.0:
        raise ValueError(f"width: {arm.width} does not fit the setting's pretrained weights")
    if arm.module != "none" and attention.identity(arm.module, arm.options) == "none":
        raise ValueError(
            f"module: {arm.module} does not start as the identity at these options, so the setting's pretrained "
            "weights would be lost"
        )


def _at(arm: ArmSpec, site: str) -> ArmSpec:
    return arm.model_copy(update={"site": site})


def bare_run(setting: SettingSpec, arm: ArmSpec) -> RunSpec:
    """A run of the arm, for questions whose answer does not depend on the seed."""
    return run_spec(setting, arm, seed=0)


def network_key(run: RunSpec, shape: Shape) -> str:
    """What a run's network is built from, and for."""
    return f"{run.model_dump_json(include={'backbone', 'decoder', 'arm', 'task'})} {tuple(shape)}"


def run_spec(setting: SettingSpec, arm: ArmSpec, *, seed: int) -> RunSpec:
    """The run of a resolved arm in a resolved setting."""
    source = "" if arm.module == "none" else attention.find(arm.module).source
    return RunSpec(
        task=setting.task, dataset=setting.dataset, backbone=setting.backbone, decoder=setting.decoder,
        arm=arm, recipe=setting.recipe, seed=seed, source=source or None,
    )  # fmt: skip
