"""Reading a study's YAML file into plain dictionaries, with relative paths made absolute."""

import os
from pathlib import Path
from typing import Any

import yaml

from user_error import UserError


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's safe loader, but a key that is given twice is an error: the first would be lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        given = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for key in given:
            if given.count(key) > 1:
                raise yaml.YAMLError(f"`{key}` is given twice, line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def load_yaml(path: Path) -> dict[str, Any]:
    """A study file's content. Raises UserError, one line, for what cannot be read or is not a mapping."""
    try:
        content = _UniqueKeyLoader(path.read_text(encoding="utf-8")).get_single_data()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: a study file is a mapping with `settings`, `arms`, `seeds` and `margin`")
    content = {key: value for key, value in content.items() if not str(key).startswith("_")}
    settings = content.get("settings")
    for name, setting in settings.items() if isinstance(settings, dict) else ():
        _resolve_data_root(setting, path.parent, f"{path}: settings.{name}")
        _resolve_weights_file(setting, path.parent, f"{path}: settings.{name}")
    return content


def _resolve_data_root(setting: Any, folder: Path, where: str) -> None:
    """Make the root of a setting's data absolute: `~` and $VARIABLES, otherwise beside the study file."""
    dataset = setting.get("dataset") if isinstance(setting, dict) else None
    options = dataset.get("options") if isinstance(dataset, dict) else None
    if isinstance(options, dict) and options.get("root") and isinstance(options["root"], str):
        options["root"] = absolute_path(options["root"], folder, f"{where}.dataset.options.root")


def _resolve_weights_file(setting: Any, folder: Path, where: str) -> None:
    """Make a file of pretrained weights absolute in the same way."""
    backbone = setting.get("backbone") if isinstance(setting, dict) else None
    file = backbone.get("pretrained") if isinstance(backbone, dict) else None
    if isinstance(backbone, dict) and isinstance(file, str) and not file.startswith("sha256:"):
        backbone["pretrained"] = absolute_path(file, folder, f"{where}.backbone.pretrained")


def absolute_path(root: str, folder: Path, where: str) -> str:
    """A folder as a person wrote it, as an absolute path. Raises UserError for a variable that is not set."""
    written = os.path.expandvars(root)
    if "$" in written:
        raise UserError(f"{where}: {root}: the variable is not set")
    return str((folder / Path(written).expanduser()).absolute())
