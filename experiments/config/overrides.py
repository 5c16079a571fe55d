"""Changes to a study from the command line, such as `--set recipe.epochs=3`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from user_error import UserError

from .study_spec import SettingSpec
from .suggestions import nearest
from .yaml_file import absolute_path

SETTING_KEYS = tuple(SettingSpec.model_fields)


def apply_override(content: dict[str, Any], change: str) -> None:
    """Change the study in place. Raises UserError for a place that the study does not have."""
    path, equals, text = change.partition("=")
    words = path.strip().split(".")
    if not equals or not all(words):
        raise UserError(f"--set {change}: write KEY.KEY=VALUE, such as recipe.epochs=3")
    value = parse_value(text, change)
    if words[-3:] == ["dataset", "options", "root"] and isinstance(value, str):
        value = absolute_path(value, Path.cwd(), f"--set {change}")
    settings = content.get("settings")
    everywhere = words[0] in SETTING_KEYS and isinstance(settings, dict)
    targets = list(settings.values()) if everywhere and isinstance(settings, dict) else [content]
    for target in targets:
        _check_target(target, words, change)
        for word in words[:-1]:
            target = target.setdefault(word, {}) if isinstance(target, dict) else None
        if not isinstance(target, dict):
            raise UserError(f"--set {change}: the study has no mapping at {'.'.join(words[:-1])}")
        target[words[-1]] = value


def parse_value(text: str, change: str) -> Any:
    """The value of a change, which is written as in a study file."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"--set {change}: the value is not valid YAML") from error


def _check_target(content: dict[str, Any], words: Sequence[str], change: str) -> None:
    """A change goes to arms and settings that are there: a new one is never meant."""
    if len(words) > 2 and words[0] in ("arms", "settings") and words[1] not in content.get(words[0], {}):
        known = content.get(words[0], {})
        raise UserError(f"--set {change}: no {words[0][:-1]} {words[1]!r}{nearest(words[1], known)}")
