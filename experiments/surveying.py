"""Where a backbone takes modules: by itself, and its skips and decoder in a U-Net upon it."""

from collections.abc import Iterator

from torch import nn

import attention

from .config.run_spec import ArmSpec, BackboneSpec, DatasetSpec, DecoderSpec, RecipeSpec, RunSpec
from .models.build import Shape, check_backbone, plain
from .reproducibility.seeding import seeded

BARE, SEGMENTER = ("block", "stage", "conv", "native"), ("skip", "decoder")
NECK = 128
UNFIT = (RuntimeError, AssertionError, ValueError)


def site_lines(backbone: str, input_size: int, wanted: str | None) -> Iterator[str]:
    """Every site of a timm backbone, or those that `wanted` names: module, layout, channels, grid, live or dead."""
    check_backbone(backbone)
    if input_size < 1:
        raise ValueError(f"--input-size: at least 1, not {input_size}")
    shape = Shape(3, input_size, input_size, 10)
    in_decoder = (wanted or "").partition("@")[0] in SEGMENTER
    if not in_decoder:
        network = _network(backbone, shape, None)
        for where in [wanted] if wanted else BARE:
            yield from _lines(network, where, backbone, shape, needed=bool(wanted))
    if in_decoder or not wanted:
        network, note = _segmenter(backbone, shape)
        yield note
        for where in [wanted] if wanted else SEGMENTER:
            yield from _lines(network, where, backbone, shape, needed=bool(wanted))


def _network(backbone: str, shape: Shape, decoder: DecoderSpec | None) -> nn.Module:
    spec = RunSpec(
        task="segmentation" if decoder else "classification", dataset=DatasetSpec(name="none"),
        backbone=BackboneSpec(name=backbone), decoder=decoder, arm=ArmSpec(), recipe=RecipeSpec(), seed=0,
    )  # fmt: skip
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


def _lines(network: nn.Module, where: str, backbone: str, shape: Shape, *, needed: bool) -> Iterator[str]:
    try:
        found = attention.sites(network, where, example=shape.example())
    except ValueError as error:
        if needed or "it has none" not in str(error):
            raise
        yield f"{where:7} none"
        return
    except (RuntimeError, AssertionError) as error:
        text = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(f"--input-size: {backbone} does not take {shape.height} pixels ({text})") from error
    alive = attention.live(network, found, example=shape.example())
    yield from (_line(site, is_live) for site, is_live in zip(found, alive, strict=True))


def _line(site: attention.Site, is_live: bool) -> str:
    grid = "x".join(str(side) for side in site.grid)
    layout = f"{site.layout}+{site.prefix}" if site.prefix else site.layout
    notes = f"{'live' if is_live else 'dead'}{'' if site.residual else ', not residual'}"
    second = f", second input {site.second.name}" if site.second else ""
    return (
        f"{site.kind:7} stage {site.stage:<2} {site.name:36} {layout:8} {site.channels:5} channels  {grid:8} "
        f"{notes}{second}"
    )
