"""Reading a study, by the name of a shipped one or from a YAML file, with overrides of the command line."""

import math
import tokenize
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from user_error import UserError, nearest

from .overrides import apply_override, parse_value
from .paths import STUDIES
from .strict_yaml import MAX_SHOWN
from .study_spec import StudySpec
from .validation import validate_study
from .yaml_file import load_yaml

MAX_SEEDS = 1_000_000
"""The most seeds that a number stands for; how many a study may have is `limits.runs`."""


def shipped_studies() -> dict[str, Path]:
    """Return the studies that come with the program: name -> file."""
    return {path.stem: path for path in sorted(STUDIES.glob("*.yaml"))}


def read_study(name: str, *, changes: Sequence[str] = (), modules: Sequence[str] = ()) -> StudySpec:
    """Read a study by its shipped name or its file.

    changes: overrides such as 'recipe.epochs=3' or 'seeds=[0,1]'; a key of a setting (`recipe`, `dataset`, ...)
    applies to every setting.
    modules: files with own modules, in addition to those of the study's key `modules`, which are relative to its file.
    Raises UserError that names the file and the key.
    """
    path = find_study(name)
    content = load_yaml(path)
    others = [change for change in changes if _key(change) != "settings_of"]
    for change in changes:
        if change not in others:
            _take_settings(content, change)
    if "settings_of" in content:
        content = _copy_settings(content, path)
    changed = {place: change for change in others for place in apply_override(content, change)}
    try:
        return _read_content(content, path, modules)
    except UserError as error:
        raise _name_override(error, path, changed) from error


def _read_content(content: dict[str, Any], path: Path, modules: Sequence[str]) -> StudySpec:
    """Expand what has a short form, and validate; content: the file's, with settings and overrides in place."""
    _expand_module_texts(content.get("arms"), path)
    content.setdefault("name", path.stem)
    if "seeds" in content and not isinstance(content["seeds"], list):
        content["seeds"] = _count_seeds(content["seeds"], path)
    if "modules" in content or modules:
        content["modules"] = _read_module_files(content.get("modules", []), path, modules)
    return validate_study(content, source=str(path))


def _key(change: str) -> str:
    return change.partition("=")[0].strip()


def _take_settings(content: dict[str, Any], change: str) -> None:
    """Replace the study's settings by those of the study that --set settings_of=STUDY names.

    A file name is relative to the current folder.
    """
    named = parse_value(change.partition("=")[2], change)
    if not isinstance(named, str):
        raise UserError(f"--set {change}: give a study's name or file, such as settings_of=quick")
    content["settings"] = _settings_of(named, find_study, f"--set {change}")
    content.pop("settings_of", None)


def _name_override(error: UserError, path: Path, changed: dict[str, str]) -> UserError:
    """Name the last --set that wrote the wrong value, if one did, and not the file; changed: place -> override."""
    message = str(error).removeprefix(f"{path}: ")
    for place, change in reversed(changed.items()):
        if message.startswith((f"{place}:", f"{place}.")):
            return UserError(message, place=f"--set {change}")
    return error


def _count_seeds(written: Any, path: Path) -> list[int]:
    """Return the seeds 0, 1, ... below a whole number, which may be written as 1e3, 2.0 or '6'.

    Raises UserError for anything else, and for more seeds than can be listed at once.
    """
    try:
        number = math.nan if isinstance(written, bool) else float(written)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not number.is_integer():
        raise UserError(
            f"{path}: seeds: must be a whole number of seeds, or a list such as [0, 1, 2], not {written!r:.{MAX_SHOWN}}"
        )
    if number > MAX_SEEDS:
        raise UserError(
            f"{path}: seeds: {written} are more than {MAX_SEEDS:,} seeds; give the number of seeds, or [FIRST, ...]"
        )
    return list(range(int(number)))


def _expand_module_texts(arms: Any, path: Path) -> None:
    """Replace `module: "cbam:reduction=8"` by `module: cbam, options: {reduction: 8}` in every arm."""
    for label, arm in arms.items() if isinstance(arms, dict) else ():
        written = arm.get("module") if isinstance(arm, dict) else None
        if isinstance(written, str) and ":" in written:
            from attention import parse

            if "options" in arm:
                raise UserError(f"{path}: arms.{label}: options are given twice, in module and in options")
            try:
                arm["module"], arm["options"] = parse(written)
            except UserError as error:
                raise error.at(f"{path}: arms.{label}.module") from error


def find_study(name: str) -> Path:
    """Find the file of a study's name or path. Raises UserError if there is none."""
    studies = shipped_studies()
    if name in studies:
        return studies[name]
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        if not path.is_file():
            raise UserError(f"{name}: no such study file")
        return path
    raise UserError(f"no study {name!r}{nearest(name, studies)} (or give a .yaml file)")


def _copy_settings(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Replace `settings_of: STUDY` by that study's settings; a file name is relative to this study's file."""
    if "settings" in content:
        raise UserError(f"{path}: settings_of: give either `settings` or `settings_of`")
    other = content["settings_of"]
    if not isinstance(other, str):
        raise UserError(f"{path}: settings_of: must be a study's name or file, not {other!r}")
    beside = path.parent / other
    settings = _settings_of(
        other, lambda name: beside if beside.is_file() else find_study(name), f"{path}: settings_of"
    )
    return {**{key: value for key, value in content.items() if key != "settings_of"}, "settings": settings}


def _settings_of(name: str, find: Callable[[str], Path], place: str) -> Any:
    """Return the settings of another study. Raises UserError, which names the place, if it has none of its own."""
    try:
        source = load_yaml(find(name))
    except UserError as error:
        raise error.at(place) from error
    if "settings" not in source:
        raise UserError(f"{place}: {name} has no `settings` of its own")
    return source["settings"]


def _read_module_files(named: Any, study: Path, more: Sequence[str]) -> list[dict[str, str]]:
    """Read each file of own modules once: those of the study, relative to its file, then those of the command line."""
    entries = named if isinstance(named, list) else [named]
    files = dict(_read_module_entry(each, study) for each in entries)
    files |= {Path(each).resolve(): (each, None) for each in more if Path(each).resolve() not in files}
    return [
        {"path": name, "source": read_module_source(file, name, channels_as=channels_as)}
        for file, (name, channels_as) in files.items()
    ]


def _read_module_entry(entry: Any, study: Path) -> tuple[Path, tuple[str, Any]]:
    """Return an entry of `modules`: a file, or `{file: FILE, channels_as: NAME}`."""
    content = {"file": entry} if isinstance(entry, str) else entry
    if not isinstance(content, dict) or not isinstance(content.get("file"), str):
        raise UserError(f"{study}: modules: a file, or a list of files, such as [my_gate.py]")
    for key in content.keys() - {"file", "channels_as"}:
        raise UserError(
            f"{study}: modules: {content['file']}: unknown key {key!r}{nearest(str(key), ['file', 'channels_as'])}"
        )
    return (study.parent / content["file"]).resolve(), (content["file"], content.get("channels_as"))


def read_module_source(file: Path, name: str, *, channels_as: Any = None) -> str:
    """Read a file of own modules. Raises UserError if that fails.

    channels_as: the argument that takes the channels, or a dict of it by class. It becomes a last line of the text, so
    that it is part of the key of each run and recorded with it.
    """
    try:
        with tokenize.open(file) as opened:  # in the encoding of its first lines, UTF-8 without one
            source = opened.read()
    except OSError as error:
        raise UserError(f"modules {name!r}: cannot be read: {error}") from None
    except (
        UnicodeDecodeError,
        LookupError,
        SyntaxError,
    ) as error:  # the last for an encoding that does not exist
        raise UserError(f"modules {name!r}: cannot be read: {error}; save it as UTF-8") from None
    if channels_as is None:
        return source
    is_by_class = isinstance(channels_as, dict) and all(
        isinstance(each, str) for each in channels_as.values()
    )
    if not is_by_class and not isinstance(channels_as, str):
        raise UserError(f"modules {name!r}: channels_as: an argument's name, or {{Class: name}}")
    return f"{source}\n\nchannels_as = {channels_as!r}  # from the study\n"
