"""Checks of a study's networks before training: whether they can be built and run, and where their sites are.

Each distinct network is built once; the answers are cached.
"""

import torch

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
        self._checked: set[str] = set()

    def check_plain(self, run: RunSpec, shape: Shape) -> None:
        """Build the network without modules and run it on two images. Raises UserError if that fails."""
        if self._is_new(run, shape):
            with local_seed(0, "probe"), size_errors(run, shape):
                network = build_plain(run, shape)
                placement.strip_native_attention(network, run.arm)
                scores = network(shape.example().expand(2, -1, -1, -1))
            if getattr(scores, "shape", ())[:2] != (2, shape.classes):
                raise UserError(f"backbone: {run.backbone.name} gives no scores of {shape.classes} classes")
            self._checked.add(network_key(run, shape))

    def check_arm(self, run: RunSpec, shape: Shape) -> None:
        """Run the network with its modules on the meta device. Raises UserError if that fails."""
        if self._is_new(run, shape):
            dry_run(run, shape, self.sites(run, shape))
            self._checked.add(network_key(run, shape))

    def _is_new(self, run: RunSpec, shape: Shape) -> bool:
        return network_key(run, shape) not in self._checked

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
            self._sites[key] = _find_sites(run, shape)
        return self._sites[key]

    def why_it_does_not_fit(self, run: RunSpec, shape: Shape) -> str:
        """Say why the arm's module cannot be built at one of its sites; an empty text if it can."""
        first_of_width = {
            (site.channels, site.second): site for site in reversed(self.sites(run, shape))
        }  # one site for each width is enough
        for site in first_of_width.values():
            try:
                with torch.device("meta"):
                    placement.build_module(run.arm, site)
            except UserError as error:
                return f"site {site.name} ({site.channels} channels): {error}"
        return ""


def dry_run(run: RunSpec, shape: Shape, sites: list[attention.Site]) -> None:
    """Build the run's network on the meta device and run it there. Raises UserError if that fails."""
    with torch.device("meta"):
        network = build_plain(run, shape)
        placement.strip_native_attention(network, run.arm)
        placement.dry_run(network, run.arm, sites, shape.example().expand(2, -1, -1, -1))


def _find_sites(run: RunSpec, shape: Shape) -> list[attention.Site]:
    """Build the network without modules and find the arm's sites. Raises UserError if it does not run."""
    with size_errors(run, shape):
        with local_seed(0, "probe"):
            network = build_plain(run, shape)
        placement.strip_native_attention(network, run.arm)
        return placement.live_sites(network, run.arm, shape.example())
