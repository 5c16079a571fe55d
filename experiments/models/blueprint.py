"""Checks of a study's networks before training: whether they can be built and run, and where their sites are.

Each distinct network is built once; the answers are cached.
"""

import copy

import torch
from torch import nn

import attention
from user_error import UserError

from ..config.run_spec import ArmSpec, RunSpec
from ..reproducibility.seeding import local_seed
from . import placement
from .build import Shape, build_plain
from .image_size import size_errors


def network_key(run: RunSpec, shape: Shape) -> str:
    """Return a text of everything that decides a run's network: equal keys mean equal networks."""
    return f"{run.model_dump_json(include={'backbone', 'decoder', 'arm', 'task'})} {tuple(shape)}"


class Blueprints:
    """Checks the networks of a study's runs and finds their sites, each distinct network once."""

    def __init__(self) -> None:
        self._sites: dict[str, list[attention.Site]] = {}
        self._plain: dict[str, nn.Module] = {}
        """The network without modules that was built last: the arms of a setting share it."""

    def plain(self, run: RunSpec, shape: Shape) -> nn.Module:
        """Return the network of the run's arm without its modules; callers leave it unchanged, or copy it.

        Raises UserError if it cannot be built, or does not run on two images.
        """
        run = run.model_copy(update={"arm": ArmSpec(width=run.arm.width, native=run.arm.native)})
        key = network_key(run, shape)
        if key not in self._plain:
            self._plain = {key: _build_plain(run, shape)}
        return self._plain[key]

    def plugged(self, run: RunSpec, shape: Shape) -> nn.Module:
        """Return a new network with the arm's modules. Raises UserError if one of them cannot be built."""
        network = copy.deepcopy(self.plain(run, shape))
        if run.arm.module == "none":
            return network
        sites = self.sites(run, shape)
        try:
            with local_seed(0, "plug"):
                attention.plug(network, sites, lambda site: placement.build_module(run.arm, site))
        except UserError as error:
            raise error.at(f"module {run.arm.module}") from error
        return network

    def sites(self, run: RunSpec, shape: Shape) -> list[attention.Site]:
        """Find the arm's sites on an unplugged network.

        They do not depend on the options, nor on the module unless it has two inputs.
        """
        arm = run.arm
        module = arm.module if placement.takes_two_maps(arm.module) else "none"
        bare = ArmSpec(module=module, site=arm.site, width=arm.width, native=arm.native)
        run = run.model_copy(update={"arm": bare})
        key = network_key(run, shape)
        if key not in self._sites:
            self._sites[key] = placement.live_sites(self.plain(run, shape), run.arm, shape.example())
        return self._sites[key]

    def why_it_does_not_fit(self, run: RunSpec, shape: Shape) -> str:
        """Say why the arm's module cannot be built at one of its sites; an empty text if it can."""
        # a user's own constructor may read values, which the meta device does not have
        device = torch.device("cpu" if attention.find(run.arm.module).source else "meta")
        first_of_width = {
            (site.channels, site.second): site for site in reversed(self.sites(run, shape))
        }  # one site for each width is enough
        for site in first_of_width.values():
            try:
                with device, local_seed(0, "probe"):
                    placement.build_module(run.arm, site)
            except UserError as error:
                return f"site {site.name} ({site.channels} channels): {error}"
        return ""


def _build_plain(run: RunSpec, shape: Shape) -> nn.Module:
    """Build a network without modules and run it on two images. Raises UserError if that fails."""
    with local_seed(0, "probe"), torch.no_grad(), size_errors(run, shape):
        network = build_plain(run, shape)
        placement.strip_native_attention(network, run.arm)
        scores = network(shape.example().expand(2, -1, -1, -1))
    if getattr(scores, "shape", ())[:2] != (2, shape.classes):
        raise UserError(f"backbone: {run.backbone.name} gives no scores of {shape.classes} classes")
    return network
