"""Questions about networks that are answered before training: can it be built, where are its sites, does it run?

Each distinct network is built once; the answers are remembered.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import timm
import torch

import attention
from user_error import UserError, first_line

from ..config.run_spec import ArmSpec, RunSpec
from ..reproducibility.seeding import local_seed
from . import placement
from .build import Shape, build_plain


def network_key(run: RunSpec, shape: Shape) -> str:
    """What a run's network is built from, and for: equal keys mean equal networks."""
    return f"{run.model_dump_json(include={'backbone', 'decoder', 'arm', 'task'})} {tuple(shape)}"


class Blueprints:
    """The networks that a study's runs need."""

    def __init__(self) -> None:
        self._sites: dict[str, list[attention.Site]] = {}
        self._checked: set[str] = set()

    def check_plain(self, run: RunSpec, shape: Shape) -> None:
        """Build the network without modules and run it. Raises UserError if that fails."""
        if self._is_new(run, shape):
            with local_seed(0, "probe"):
                network = build_plain(run, shape)
                placement.strip_native_attention(network, run.arm)
                with _translated_errors(run, shape):
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
        """The arm's sites, found on an unplugged network; options and, mostly, the module do not matter."""
        arm = run.arm
        module = arm.module if placement.takes_two_maps(arm.module) else "none"
        bare = ArmSpec(module=module, site=arm.site, width=arm.width, native=arm.native)
        run = run.model_copy(update={"arm": bare})
        key = network_key(run, shape)
        if key not in self._sites:
            self._sites[key] = _find_sites(run, shape)
        return self._sites[key]

    def why_it_does_not_fit(self, run: RunSpec, shape: Shape) -> str:
        """Why the arm's module cannot be built at one of its sites with its options; empty where it can."""
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
    """Build the run's network on the meta device and run it there. Raises UserError that says what fails."""
    with torch.device("meta"):
        network = build_plain(run, shape)
        placement.strip_native_attention(network, run.arm)
        placement.dry_run(network, run.arm, sites, shape.example().expand(2, -1, -1, -1))


def _find_sites(run: RunSpec, shape: Shape) -> list[attention.Site]:
    with local_seed(0, "probe"):
        network = build_plain(run, shape)
    placement.strip_native_attention(network, run.arm)
    with _translated_errors(run, shape):
        return placement.live_sites(network, run.arm, shape.example())


@contextmanager
def _translated_errors(spec: RunSpec, shape: Shape) -> Iterator[None]:
    """Turn what timm or SMP raises for an unsupported image size into one ValueError; our own errors pass."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        name, wanted = (
            spec.backbone.name,
            timm.get_pretrained_cfg(spec.backbone.name, allow_unregistered=True),
        )
        made_for = f", made for {wanted.input_size[1]} x {wanted.input_size[2]}" if wanted else ""
        raise UserError(
            f"backbone: {name}{made_for}, does not run on images of {shape.height} x {shape.width}"
            f" ({first_line(error)}); some take backbone.args: {{img_size: ...}}"
        ) from error
