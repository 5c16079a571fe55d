"""Reading a study's YAML file, with relative paths made absolute."""

import os
from pathlib import Path
from typing import Any

import yaml

from user_error import UserError


class _UniqueKeyLoader(yaml.SafeLoader):
    """A safe loader that raises an error for a duplicate key, of which YAML would silently drop the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"`{key}` is given twice, line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def load_yaml(path: Path) -> dict[str, Any]:
    """Load a study file; top-level keys that begin with _ are left out.

    Raises UserError if it cannot be read, is not valid YAML, or is not a mapping.
    """
    try:
        content = _UniqueKeyLoader(path.read_text(encoding="utf-8")).get_single_data()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise UserError(
            f"{path}: a study file must be a mapping with `settings`, `arms`, `seeds` and `margin`"
        )
    content = {key: value for key, value in content.items() if not str(key).startswith("_")}
    settings = content.get("settings")
    for name, setting in settings.items() if isinstance(settings, dict) else ():
        _resolve_data_root(setting, path.parent, f"{path}: settings.{name}")
        _resolve_weights_file(setting, path.parent, f"{path}: settings.{name}")
    return content


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
