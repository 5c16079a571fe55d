"""What there is to choose from: modules, data sets, studies, and a backbone's sites."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .spec import ArmSpec, BackboneSpec, DatasetSpec, DecoderSpec, RecipeSpec, RunSpec
from .study_file import read_study, shipped

if TYPE_CHECKING:
    import attention


def modules() -> Iterator[str]:
    """Name, kind, parameters at 64 and 256 channels, paper; then each option with its default and domain."""
    from attention.describing import rows

    for row in rows():
        counts = (f"{'-' if n is None else f'{n:,}':>9}" for n in (row.parameters_64, row.parameters_256))
        yield f"{row.name:22}{row.kind:10}{' /'.join(counts)} parameters  {row.paper}"
        yield from (f"{'':22}{option}" for option in row.options)


def studies() -> Iterator[str]:
    """Name and question of each shipped study."""
    for name in shipped():
        study = read_study(name)
        yield f"{name:16} {study.title}"


def data_sets() -> Iterator[str]:
    """Name, tasks and licence of each data set; of benchmark sets size, checksum, citation and source as well."""
    from datasets.catalog import CATALOG, Dataset

    for name, dataset in CATALOG.items():
        yield f"{name:16} {', '.join(dataset.tasks):28} {dataset.title} ({dataset.licence})"
        if not isinstance(dataset, Dataset) and dataset.url:
            about = (f"{dataset.megabytes} MB", dataset.checksum, dataset.citation, dataset.url)
            yield f"{'':16} {'; '.join(part for part in about if part)}"


LISTS: dict[str, Callable[[], Iterator[str]]] = {
    "modules": modules,
    "studies": studies,
    "datasets": data_sets,
}


KINDS = ("block", "stage", "conv", "native")
"""Sites of a backbone by itself; skip and decoder are looked at in a U-Net on it."""


def site_lines(backbone: str, input_size: int, wanted: str | None) -> Iterator[str]:
    """Every site of a timm backbone, or those that `wanted` names: module, layout, channels, grid, live or dead."""
    import attention

    from .modeling import Shape, check_backbone, plain
    from .seeding import seeded

    check_backbone(backbone)
    if input_size < 1:
        raise ValueError(f"--input-size: at least 1, not {input_size}")
    in_decoder = (wanted or "").partition("@")[0] in ("skip", "decoder")
    shape = Shape(3, input_size, input_size, 10)
    spec = RunSpec(
        task="segmentation" if in_decoder else "classification", dataset=DatasetSpec(name="none"),
        backbone=BackboneSpec(name=backbone), decoder=DecoderSpec() if in_decoder else None,
        arm=ArmSpec(), recipe=RecipeSpec(), seed=0,
    )  # fmt: skip
    with seeded(0, "sites"):
        network = plain(spec, shape).eval()
    for where in [wanted] if wanted else KINDS:
        try:
            found = attention.sites(network, where, example=shape.example())
        except ValueError as error:
            if wanted or "it has none" not in str(error):
                raise
            yield f"{where:7} none"
            continue
        except (RuntimeError, AssertionError) as error:
            text = (str(error) or type(error).__name__).splitlines()[0]
            raise ValueError(
                f"--input-size: {backbone} does not take {input_size} pixels ({text})"
            ) from error
        alive = attention.live(network, found, example=shape.example())
        yield from (_site_line(site, is_live) for site, is_live in zip(found, alive, strict=True))


def _site_line(site: "attention.Site", is_live: bool) -> str:
    grid = "x".join(str(side) for side in site.grid)
    layout = f"{site.layout}+{site.prefix}" if site.prefix else site.layout
    notes = f"{'live' if is_live else 'dead'}{'' if site.residual else ', not residual'}"
    return f"{site.kind:7} stage {site.stage:<2} {site.name:36} {layout:8} {site.channels:5} channels  {grid:8} {notes}"
