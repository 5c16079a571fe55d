"""The sites of a backbone: its own, and the skips and the decoder of a U-Net on top of it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from torch import nn

import attention
from user_error import UserError, first_line

from ..config.run_spec import ArmSpec, BackboneSpec, DatasetSpec, DecoderSpec, RecipeSpec, RunSpec
from ..reproducibility.seeding import seeded
from .build import Shape, check_backbone, plain

BARE, SEGMENTER = ("block", "stage", "conv", "native"), ("skip", "decoder")
NECK = 128
UNFIT = (RuntimeError, AssertionError, ValueError)


class Part(NamedTuple):
    """The sites of one kind, or a note where it has none."""

    note: str
    rows: list[dict[str, Any]]

    def lines(self) -> Iterator[str]:
        """For people."""
        if self.note:
            yield self.note
        yield from (_line(row) for row in self.rows)


def survey(backbone: str, input_size: int, wanted: str | None) -> Iterator[Part]:
    """Every site of a timm backbone, or those that `wanted` names. Raises UserError for what it does not take."""
    check_backbone(backbone)
    if input_size < 1:
        raise UserError(f"at least 1, not {input_size}", place="--input-size")
    shape = Shape(3, input_size, input_size, 10)
    in_decoder = (wanted or "").partition("@")[0] in SEGMENTER
    if not in_decoder:
        network = _network(backbone, shape, None)
        for site in [wanted] if wanted else BARE:
            yield _part(network, site, backbone, shape, needed=bool(wanted))
    if in_decoder or not wanted:
        network, note = _segmenter(backbone, shape)
        yield Part(note, [])
        for site in [wanted] if wanted else SEGMENTER:
            yield _part(network, site, backbone, shape, needed=bool(wanted))


def _network(backbone: str, shape: Shape, decoder: DecoderSpec | None) -> nn.Module:
    spec = RunSpec(
        task="segmentation" if decoder else "classification",
        dataset=DatasetSpec(name="none"),
        backbone=BackboneSpec(name=backbone),
        decoder=decoder,
        arm=ArmSpec(),
        recipe=RecipeSpec(),
        seed=0,
    )
    with seeded(0, "sites"):
        return plain(spec, shape).eval()


def _segmenter(backbone: str, shape: Shape) -> tuple[nn.Module, str]:
    """A U-Net, with a neck where SMP refuses the backbone or the size, and which of the two."""
    try:
        network = _network(backbone, shape, DecoderSpec())
        attention.sites(network, SEGMENTER[0], example=shape.example())
        return network, "in a U-Net:"
    except UNFIT:
        neck = DecoderSpec(neck=NECK)
        return _network(
            backbone, shape, neck
        ), f"in a U-Net with a neck (decoder: {{name: unet, neck: {NECK}}}):"


def _part(network: nn.Module, wanted: str, backbone: str, shape: Shape, *, needed: bool) -> Part:
    try:
        found = attention.sites(network, wanted, example=shape.example())
    except UserError as error:
        if needed or "it has none" not in str(error):
            raise
        return Part(f"{wanted:7} none", [])
    except (RuntimeError, AssertionError) as error:
        raise UserError(
            f"{backbone} does not take {shape.height} pixels ({first_line(error)})", place="--input-size"
        ) from error
    alive = attention.reach_output(network, found, example=shape.example())
    return Part("", [_row(site, is_live) for site, is_live in zip(found, alive, strict=True)])


def _row(site: attention.Site, is_live: bool) -> dict[str, Any]:
    return {
        "kind": site.kind,
        "stage": site.stage,
        "name": site.name,
        "layout": f"{site.layout}+{site.prefix}" if site.prefix else str(site.layout),
        "channels": site.channels,
        "grid": list(site.grid),
        "live": is_live,
        "residual": site.residual,
        "second_input": site.second.name if site.second else None,
    }


def _line(row: dict[str, Any]) -> str:
    grid = "x".join(str(side) for side in row["grid"])
    notes = f"{'live' if row['live'] else 'dead'}{'' if row['residual'] else ', not residual'}"
    second = f", second input {row['second_input']}" if row["second_input"] else ""
    return (
        f"{row['kind']:7} stage {row['stage']:<2} {row['name']:36} {row['layout']:8} {row['channels']:5} channels"
        f"  {grid:8} {notes}{second}"
    )
