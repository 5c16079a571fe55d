"""Where the cache last saw data of a content: `known/<content>.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from user_error import UserError

from ..sources.file_dataset import Options


def _known(cache: Path, content: str) -> Path:
    return cache / "known" / f"{content}.json"


def remember(
    name: str, task: str, filled: Options, splits: Mapping[str, list[str]], *, content: str, cache: Path
) -> None:
    """Where this content is; with the names of each split's files, so that the draw is on record."""
    options = {
        **filled,
        "root": str(Path(str(filled["root"])).expanduser().absolute()) if filled["root"] else "",
    }
    note = {"name": name, "task": task, "options": options, "splits": splits}
    path = _known(cache, content)
    body = json.dumps(note, indent=1)
    if path.exists() and path.read_text() == body:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(body)
        part.replace(path)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); set ABLATION_CACHE to another folder"
        ) from error


def recall(cache: Path, content: str) -> dict[str, Any]:
    """The options, root included, with which this content was last prepared. UserError where it was not here."""
    path = _known(cache, content)
    if not path.exists():
        raise UserError(
            f"dataset.content: data of the content {content[:12]} were never seen here; run"
            " `python -m experiments check-data FOLDER`, or give dataset.options.root"
        )
    note: dict[str, Any] = json.loads(path.read_text())
    options: dict[str, Any] = note["options"]
    return options
