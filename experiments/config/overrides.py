"""Overrides of a study from the command line, such as `--set recipe.epochs=3`."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from user_error import UserError, nearest

from .strict_yaml import MAX_SHOWN, Refused, StrictLoader, construct
from .study_spec import SettingSpec, StudySpec
from .yaml_file import absolute_path

SETTING_KEYS = tuple(SettingSpec.model_fields)
"""Keys that an override without a setting's name applies to every setting."""
_TAG = "tag:yaml.org,2002:"
_SCALARS = {
    "null": r"null",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?(0|[1-9][0-9]*)",
    "float": r"[-+]?((0|[1-9][0-9]*)?\.[0-9]+|(0|[1-9][0-9]*)\.)([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}
"""What is not text. YAML 1.1, in study files, knows more: no and on (truth values), 1:30 (90), 010 (8), dates, ~."""


class _ValueLoader(StrictLoader):
    """A strict loader that takes words, times, dates and numbers with leading zeros for text."""


_ValueLoader.yaml_implicit_resolvers = {}

for _name, _pattern in _SCALARS.items():
    _ValueLoader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(f"(?:{_pattern})$"), None)


def apply_override(content: dict[str, Any], override: str) -> list[str]:
    """Apply an override such as 'recipe.epochs=3' to a study's content, in place; return the places that it wrote.

    A key of a setting applies to every setting, at settings.SETTING.recipe.epochs. Raises UserError if the override is
    not of the form KEY.KEY=VALUE, if its value is not YAML, or if the study has no such key, arm, setting or mapping.
    """
    path, equals, text = override.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise UserError(f"--set {override}: write KEY.KEY=VALUE, such as recipe.epochs=3")
    value = parse_value(text, override)
    if keys[-3:] == ["dataset", "options", "root"] and isinstance(value, str):
        value = absolute_path(value, Path.cwd(), f"--set {override}")
    _check_first_key(keys[0], override)
    targets = _targets(content, keys[0])
    for target in targets.values():
        _check_target(target, keys, override)
        for key in keys[:-1]:
            target = target.setdefault(key, {}) if isinstance(target, dict) else None
        if not isinstance(target, dict):
            raise UserError(f"--set {override}: the study has no mapping at {'.'.join(keys[:-1])}")
        target[keys[-1]] = value
    return [f"{place}{'.'.join(keys)}" for place in targets]


def _check_first_key(key: str, override: str) -> None:
    """Raise UserError, with the nearest that is one, for what is no key of a study nor of a setting."""
    known = (*StudySpec.model_fields, "settings_of", *SETTING_KEYS)
    if key not in known:
        raise UserError(f"--set {override}: {key}: unknown key{nearest(key, known)}")


def _targets(content: dict[str, Any], key: str) -> dict[str, Any]:
    """Return what an override changes, by the place of it: the study itself, or each setting for a setting's key."""
    settings = content.get("settings")
    if key in SETTING_KEYS and isinstance(settings, dict):
        return {f"settings.{name}.": setting for name, setting in settings.items()}
    return {"": content}


def parse_value(text: str, override: str) -> Any:
    """Return the value of an override: a number, true, false, null, a list, a mapping, or else text.

    A # begins no comment. Raises UserError for a list or mapping that is not valid YAML, or that a study file may not
    have: a key that is given twice or is not text, an alias without end.
    """
    plain = text.strip()
    if plain.startswith("#") or (" #" in plain and plain[0] not in "[{\"'"):
        return plain
    try:
        value = construct(_ValueLoader(text))
    except Refused as error:
        raise UserError(f"--set {_shorten(override)}: {str(error).removesuffix(', line 1')}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"--set {_shorten(override)}: the value is not valid YAML") from error
    return None if value == "" and not plain else value


def _shorten(override: str) -> str:
    return override if len(override) <= 3 * MAX_SHOWN else f"{override[:MAX_SHOWN]}..."


def _check_target(content: dict[str, Any], keys: Sequence[str], override: str) -> None:
    """Raise UserError for an arm or setting that the study does not have."""
    known = content.get(keys[0], {}) if len(keys) > 2 and keys[0] in ("arms", "settings") else None
    if isinstance(known, dict) and keys[1] not in known:
        raise UserError(f"--set {override}: no {keys[0][:-1]} {keys[1]!r}{nearest(keys[1], known)}")
