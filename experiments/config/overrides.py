"""Overrides of a study from the command line, such as `--set recipe.epochs=3`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from user_error import UserError, nearest

from .study_spec import SettingSpec
from .yaml_file import absolute_path

SETTING_KEYS = tuple(SettingSpec.model_fields)
"""Keys that an override without a setting's name applies to every setting."""


def apply_override(content: dict[str, Any], override: str) -> None:
    """Apply an override such as 'recipe.epochs=3' to a study's content, in place.

    A key of a setting applies to every setting. Raises UserError if the override is not of the form KEY.KEY=VALUE, if
    its value is not YAML, or if the study has no such arm, setting or mapping.
    """
    path, equals, text = override.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise UserError(f"--set {override}: write KEY.KEY=VALUE, such as recipe.epochs=3")
    value = parse_value(text, override)
    if keys[-3:] == ["dataset", "options", "root"] and isinstance(value, str):
        value = absolute_path(value, Path.cwd(), f"--set {override}")
    settings = content.get("settings")
    every_setting = keys[0] in SETTING_KEYS and isinstance(settings, dict)
    targets = list(settings.values()) if every_setting and isinstance(settings, dict) else [content]
    for target in targets:
        _check_target(target, keys, override)
        for key in keys[:-1]:
            target = target.setdefault(key, {}) if isinstance(target, dict) else None
        if not isinstance(target, dict):
            raise UserError(f"--set {override}: the study has no mapping at {'.'.join(keys[:-1])}")
        target[keys[-1]] = value


def parse_value(text: str, override: str) -> Any:
    """Parse the value of an override, written as in a study file. Raises UserError if it is not valid YAML."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"--set {override}: the value is not valid YAML") from error


def _check_target(content: dict[str, Any], keys: Sequence[str], override: str) -> None:
    """Raise UserError for an arm or setting that the study does not have."""
    if len(keys) > 2 and keys[0] in ("arms", "settings") and keys[1] not in content.get(keys[0], {}):
        known = content.get(keys[0], {})
        raise UserError(f"--set {override}: no {keys[0][:-1]} {keys[1]!r}{nearest(keys[1], known)}")
