"""The data check of a folder or a benchmark set that no study names yet."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from datasets import catalog
from datasets.options import Scalar, nearest
from datasets.preparation.report import Report
from datasets.sources.file_dataset import FileDataset
from user_error import UserError

from ..config.overrides import parse_value
from ..config.yaml_file import absolute_path


def kind_of(folder: Path) -> str:
    """The catalogue's row for a folder: masks beside images, or folders of classes."""
    places = (folder, folder / "train", folder / "training")
    masks = any((place / "images").is_dir() and (place / "masks").is_dir() for place in places)
    return "mask_folder" if masks else "image_folder"


def check(data: str, changes: Sequence[str], task: str | None, cache: Path) -> tuple[str, Report]:
    """A headline and what was found. Raises UserError for a name, folder or option that cannot be."""
    options: dict[str, Scalar] = dict(_option(change) for change in changes)
    name = data if data in catalog.CATALOG else kind_of(_folder(data))
    if name != data:
        options["root"] = str(_folder(data))
    elif "root" in options:
        options["root"] = absolute_path(str(options["root"]), Path.cwd(), "--set root")
    row = catalog.find(name)
    chosen = task or row.tasks[0]
    prepared = catalog.prepare(name, chosen, options, cache=cache)
    content = f"content: {prepared.content}" if prepared.content else "made in memory: nothing to check"
    report = prepared.report
    facts = (*report.facts, *([content] if not report.problems else []), *_in_a_study(row.name, options))
    return f"{data}: {chosen}, data set {name}", Report(facts, report.warnings, report.problems)


def _folder(data: str) -> Path:
    folder = Path(absolute_path(data, Path.cwd(), "check-data"))
    if not folder.is_dir():
        names = [name for name, row in catalog.CATALOG.items() if isinstance(row, FileDataset)]
        raise UserError(f"{data}: no such folder, and no data set of this name; {nearest(data, names)}")
    return folder


def _option(change: str) -> tuple[str, Scalar]:
    key, equals, text = change.partition("=")
    if not equals or not key.strip():
        raise UserError(f"--set {change}: write OPTION=VALUE, such as size=224")
    value = parse_value(text, change)
    if not isinstance(value, str | int | float | bool):
        raise UserError(f"--set {change}: a number or text is wanted")
    return key.strip().removeprefix("dataset.options."), value


def _in_a_study(name: str, options: Mapping[str, Scalar]) -> Iterator[str]:
    """What to write in a study file."""
    written = ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in options.items())
    yield f"in a study: dataset: {{name: {name}{f', options: {{{written}}}' if written else ''}}}"
