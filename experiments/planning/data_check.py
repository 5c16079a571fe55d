"""The data check of a folder or a benchmark set that no study uses yet."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from datasets import catalog
from datasets.options import Scalar
from datasets.preparation.prepare import Prepared
from datasets.preparation.report import Report
from datasets.sources.layout.folder_tree import read_folder
from datasets.sources.layout.pair_layout import is_pair_layout
from user_error import UserError, nearest

from ..config.overrides import parse_value
from ..config.yaml_file import absolute_path


def guess_dataset(folder: Path) -> str:
    """Return the catalog's name for a folder: `mask_folder` for images with masks, else `image_folder`."""
    return "mask_folder" if is_pair_layout(read_folder(folder, [])) else "image_folder"


def _choose_dataset(folder: Path, options: Mapping[str, Scalar], task: str | None) -> str:
    """Return the data set of a folder: that of the task; a suffix of masks is an option of one alone."""
    if "mask_suffix" in options:
        return "mask_folder"
    of_task = [name for name in ("image_folder", "mask_folder") if task in catalog.find(name).tasks]
    return of_task[0] if of_task else guess_dataset(folder)


def check_data(data: str, changes: Sequence[str], task: str | None, cache: Path) -> tuple[str, Report]:
    """Check a folder or a data set of the catalog; return a headline and the report.

    `changes` are the data set's options as `OPTION=VALUE`. Raises UserError for a name, folder or option that does not
    exist.
    """
    options = dict(_parse_option(change) for change in changes)
    name = data if data in catalog.CATALOG else _choose_dataset(_find_folder(data), options, task)
    if name != data:
        options["root"] = str(_find_folder(data))
    elif "root" in options:
        options["root"] = absolute_path(str(options["root"]), Path.cwd(), "--set root")
    row = catalog.find(name)
    chosen = task or row.tasks[0]
    prepared = catalog.prepare(name, chosen, options, cache=cache)
    report = _check_at_size(row.name, chosen, prepared, cache)
    content = f"content: {prepared.content}" if prepared.content else "made in memory: nothing to check"
    facts = (*report.facts, *([] if report.problems else [content]), *_study_lines(row.name, options))
    return f"{data}: {chosen}, data set {name}", Report(facts, report.warnings, report.problems)


def _check_at_size(name: str, task: str, prepared: Prepared, cache: Path) -> Report:
    """Return the report with what masks lack as networks see them, at `size` and `fit`; `plan` says the same."""
    report, is_scored = prepared.report, task == "segmentation" and bool(prepared.content)
    if (
        report.problems or not is_scored or not prepared.options["size"]
    ):  # without a size, the images differ in it
        return report
    from .scorable import add_warnings, find_unscorable, find_weak  # loads torch

    splits = catalog.load(name, task, prepared.options, cache=cache, content=prepared.content, is_kept=False)
    return replace(add_warnings(report, find_weak(splits)), problems=tuple(find_unscorable(splits)))


def _find_folder(data: str) -> Path:
    folder = Path(absolute_path(data, Path.cwd(), "check-data"))
    if not folder.is_dir():
        raise UserError(
            f"{data}: no such folder, and no data set of this name{nearest(data, catalog.CATALOG)}"
        )
    return folder


def _parse_option(change: str) -> tuple[str, Scalar]:
    key, equals, text = change.partition("=")
    if not equals or not key.strip():
        raise UserError(f"--set {change}: write OPTION=VALUE, such as size=224")
    value = parse_value(text, change)
    if not isinstance(value, str | int | float | bool):
        raise UserError(f"--set {change}: the value must be a number or text")
    return key.strip().removeprefix("dataset.options."), value


def _study_lines(name: str, options: Mapping[str, Scalar]) -> Iterator[str]:
    """Yield the line that puts these data into a study file."""
    pairs = ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in options.items())
    yield f"in a study: dataset: {{name: {name}{f', options: {{{pairs}}}' if pairs else ''}}}"
