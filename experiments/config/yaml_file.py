"""Reading a study's YAML file, with relative paths made absolute."""

import os
from pathlib import Path
from typing import Any

from user_error import UserError

from .strict_yaml import parse_yaml

MAX_BYTES = 1_000_000
"""The largest file that is read as a study."""


def load_yaml(path: Path) -> dict[str, Any]:
    """Load a study file; top-level keys that begin with _ are left out.

    Raises UserError if it cannot be read, is not valid YAML, or is not a mapping.
    """
    try:
        content = parse_yaml(_read_text(path))
    except UserError as error:
        raise error.at(str(path)) from error
    if not isinstance(content, dict):
        raise UserError(
            f"{path}: a study file must be a mapping with `settings`, `arms`, `seeds` and `margin`"
        )
    content = {key: value for key, value in content.items() if not key.startswith("_")}
    settings = content.get("settings")
    for name, setting in settings.items() if isinstance(settings, dict) else ():
        _resolve_data_root(setting, path.parent, f"{path}: settings.{name}")
        _resolve_weights_file(setting, path.parent, f"{path}: settings.{name}")
    return content


def _read_text(path: Path) -> str:
    """Read a study file. Raises UserError if that fails, or if it is far too large to be one."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"is larger than {MAX_BYTES / 1e6:g} MB, so it is no study file")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot be read ({error})") from error


def _resolve_data_root(setting: Any, folder: Path, location: str) -> None:
    """Make the root of a setting's data absolute, in place."""
    dataset = setting.get("dataset") if isinstance(setting, dict) else None
    options = dataset.get("options") if isinstance(dataset, dict) else None
    if isinstance(options, dict) and options.get("root") and isinstance(options["root"], str):
        options["root"] = absolute_path(options["root"], folder, f"{location}.dataset.options.root")


def _resolve_weights_file(setting: Any, folder: Path, location: str) -> None:
    """Make the path of a setting's pretrained weights absolute, in place."""
    backbone = setting.get("backbone") if isinstance(setting, dict) else None
    file = backbone.get("pretrained") if isinstance(backbone, dict) else None
    if isinstance(backbone, dict) and isinstance(file, str) and not file.startswith("sha256:"):
        backbone["pretrained"] = absolute_path(file, folder, f"{location}.backbone.pretrained")


def absolute_path(path: str, folder: Path, location: str) -> str:
    """Make a path absolute: expand $VARIABLES and ~; otherwise it is relative to `folder`.

    Raises UserError, which names `location`, for a variable that is not set.
    """
    expanded = os.path.expandvars(path)
    if "$" in expanded:
        raise UserError(f"{location}: {path}: the variable is not set")
    return str((folder / Path(expanded).expanduser()).absolute())
