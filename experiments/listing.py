"""What there is to choose from: modules, data sets, studies, and a backbone's sites."""

from collections.abc import Callable, Iterator

from .spec import ArmSpec, BackboneSpec, DatasetSpec, RecipeSpec, RunSpec
from .study_file import read_study, shipped


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


def site_lines(backbone: str, input_size: int) -> Iterator[str]:
    """Every block and stage site of a timm backbone."""
    import attention

    from .modeling import Shape, check_backbone, plain
    from .seeding import seeded

    check_backbone(backbone)
    shape = Shape(3, input_size, input_size, 10)
    spec = RunSpec(
        task="classification", dataset=DatasetSpec(name="none"), backbone=BackboneSpec(name=backbone),
        arm=ArmSpec(), recipe=RecipeSpec(), seed=0,
    )  # fmt: skip
    with seeded(0, "sites"):
        network = plain(spec, shape)
    for kind in ("block", "stage"):
        for site in attention.sites(network, kind, example=shape.example()):
            grid = "x".join(str(side) for side in site.grid)
            yield f"{kind:6} stage {site.stage}  {site.name:32} {site.layout:5} {site.channels:5} channels  {grid}"
