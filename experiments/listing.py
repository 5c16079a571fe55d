"""What there is to choose from: modules, data sets, studies."""

import json
from collections.abc import Callable, Iterator

from .config.study_file import read_study, shipped


def modules() -> Iterator[str]:
    """Name, kind, parameters at 64 and 256 channels, paper; then each option with its default and domain."""
    from attention.describing import rows

    for row in rows():
        counts = (f"{'-' if n is None else f'{n:,}':>9}" for n in (row.parameters_64, row.parameters_256))
        yield f"{row.name:22}{row.kind:10}{' /'.join(counts)} parameters  {row.paper}  (held against {row.oracle})"
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


def schemas() -> Iterator[str]:
    """The JSON schemas of all modules' options."""
    from attention.describing import schemas as of_all

    yield json.dumps(of_all(), indent=1)


def table() -> Iterator[str]:
    """All modules as the Markdown of docs/modules.md."""
    from attention.describing import markdown

    yield markdown().removesuffix("\n")


LISTS: dict[str, Callable[[], Iterator[str]]] = {
    "modules": modules,
    "schemas": schemas,
    "table": table,
    "studies": studies,
    "datasets": data_sets,
}
