"""Reading a study: a shipped name or a YAML file, with `--set` changes, into a StudySpec or one clear line."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from .naming import nearest
from .spec import SettingSpec, StudySpec

STUDIES = Path(__file__).parent / "studies"
EVERY_SETTING = tuple(SettingSpec.model_fields)


def shipped() -> dict[str, Path]:
    """The studies that come with the suite: name -> file."""
    return {path.stem: path for path in sorted(STUDIES.glob("*.yaml"))}


def read_study(name: str, *, changes: Sequence[str] = (), modules: Sequence[str] = ()) -> StudySpec:
    """A study by its shipped name or its file, with changes like 'recipe.epochs=3' or 'seeds=[0,1]'.

    A change whose first word is a part of a setting (`recipe`, `dataset`, ...) applies to every setting. The
    files of own modules are those of the study's key `modules`, beside its file, and then `modules`.
    Raises ValueError, one line, that names file and key.
    """
    path = find_study(name)
    content = _load_yaml(path)
    if "settings_of" in content:
        content = _with_settings(content, path)
    for change in changes:
        _apply(content, change)
    _spell_out(content.get("arms"), path)
    content.setdefault("name", path.stem)
    if type(content.get("seeds")) is int:
        content["seeds"] = list(range(content["seeds"]))
    if "modules" in content or modules:
        content["modules"] = _module_files(content.get("modules", []), path, modules)
    return check(content, source=str(path))


def _spell_out(arms: Any, path: Path) -> None:
    """`module: "cbam:reduction=8"` as `module: cbam, options: {reduction: 8}`."""
    for label, arm in arms.items() if isinstance(arms, dict) else ():
        written = arm.get("module") if isinstance(arm, dict) else None
        if isinstance(written, str) and ":" in written:
            from attention import parse

            if "options" in arm:
                raise ValueError(f"{path}: arms.{label}: options are given twice, in module and in options")
            try:
                arm["module"], arm["options"] = parse(written)
            except ValueError as error:
                raise ValueError(f"{path}: arms.{label}.module: {error}") from error


def find_study(name: str) -> Path:
    """The file of a study's name or path."""
    studies = shipped()
    if name in studies:
        return studies[name]
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        if not path.is_file():
            raise ValueError(f"{name}: no such study file")
        return path
    raise ValueError(f"no study {name!r}{nearest(name, studies)} (or give a .yaml file)")


class _NoDuplicates(yaml.SafeLoader):
    """YAML's safe loader, but a key that is given twice is an error: the first would be lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        given = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for key in given:
            if given.count(key) > 1:
                raise yaml.YAMLError(f"`{key}` is given twice, line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def _load_yaml(path: Path) -> dict[str, Any]:
    try:
        content = _NoDuplicates(path.read_text(encoding="utf-8")).get_single_data()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: cannot be read ({error})") from error
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path}: a study file is a mapping with `settings`, `arms`, `seeds` and `margin`")
    content = {key: value for key, value in content.items() if not str(key).startswith("_")}
    settings = content.get("settings")
    for name, setting in settings.items() if isinstance(settings, dict) else ():
        _place_data(setting, path.parent, f"{path}: settings.{name}")
        _place_weights(setting, path.parent, f"{path}: settings.{name}")
    return content


def _place_data(setting: Any, folder: Path, where: str) -> None:
    """Make the root of a setting's data absolute: `~` and $VARIABLES, otherwise beside the study file."""
    dataset = setting.get("dataset") if isinstance(setting, dict) else None
    options = dataset.get("options") if isinstance(dataset, dict) else None
    if isinstance(options, dict) and options.get("root") and isinstance(options["root"], str):
        options["root"] = placed(options["root"], folder, f"{where}.dataset.options.root")


def _place_weights(setting: Any, folder: Path, where: str) -> None:
    """Make a file of pretrained weights absolute in the same way."""
    backbone = setting.get("backbone") if isinstance(setting, dict) else None
    file = backbone.get("pretrained") if isinstance(backbone, dict) else None
    if isinstance(backbone, dict) and isinstance(file, str) and not file.startswith("sha256:"):
        backbone["pretrained"] = placed(file, folder, f"{where}.backbone.pretrained")


def placed(root: str, folder: Path, where: str) -> str:
    """A folder as a person wrote it, as an absolute path. Raises ValueError for a variable that is not set."""
    written = os.path.expandvars(root)
    if "$" in written:
        raise ValueError(f"{where}: {root}: the variable is not set")
    return str((folder / Path(written).expanduser()).absolute())


def _with_settings(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Replace `settings_of: STUDY` by that study's settings (a file name is looked up beside this one)."""
    if "settings" in content:
        raise ValueError(f"{path}: settings_of: give either `settings` or `settings_of`")
    other = str(content["settings_of"])
    beside = path.parent / other
    try:
        source = _load_yaml(beside if beside.is_file() else find_study(other))
    except ValueError as error:
        raise ValueError(f"{path}: settings_of: {error}") from error
    if "settings" not in source:
        raise ValueError(f"{path}: settings_of: {other} has no `settings` of its own")
    return {
        **{key: value for key, value in content.items() if key != "settings_of"},
        "settings": source["settings"],
    }


def _module_files(named: Any, study: Path, more: Sequence[str]) -> list[dict[str, str]]:
    """Path and text of each file of own modules, once each: the study's beside it, then the command line's."""
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise ValueError(f"{study}: modules: a file, or a list of files, such as [my_gate.py]")
    files = {(study.parent / each).resolve(): each for each in names}
    files |= {Path(each).resolve(): each for each in more if Path(each).resolve() not in files}
    return [{"path": each, "source": module_source(file, each)} for file, each in files.items()]


def module_source(file: Path, name: str) -> str:
    """The text of a file of own modules; ValueError where there is none."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"modules {name!r}: cannot be read: {error}") from None


def _apply(content: dict[str, Any], change: str) -> None:
    path, equals, text = change.partition("=")
    words = path.strip().split(".")
    if not equals or not all(words):
        raise ValueError(f"--set {change}: write KEY.KEY=VALUE, such as recipe.epochs=3")
    value = changed_value(text, change)
    if words[-3:] == ["dataset", "options", "root"] and isinstance(value, str):
        value = placed(value, Path.cwd(), f"--set {change}")
    settings = content.get("settings")
    everywhere = words[0] in EVERY_SETTING and isinstance(settings, dict)
    targets = list(settings.values()) if everywhere and isinstance(settings, dict) else [content]
    for target in targets:
        _known_place(target, words, change)
        for word in words[:-1]:
            target = target.setdefault(word, {}) if isinstance(target, dict) else None
        if not isinstance(target, dict):
            raise ValueError(f"--set {change}: the study has no mapping at {'.'.join(words[:-1])}")
        target[words[-1]] = value


def changed_value(text: str, change: str) -> Any:
    """The value of a change, which is written as in a study file."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"--set {change}: the value is not valid YAML") from error


def _known_place(content: dict[str, Any], words: Sequence[str], change: str) -> None:
    """A change goes to arms and settings that are there: a new one is never meant."""
    if len(words) > 2 and words[0] in ("arms", "settings") and words[1] not in content.get(words[0], {}):
        known = content.get(words[0], {})
        raise ValueError(f"--set {change}: no {words[0][:-1]} {words[1]!r}{nearest(words[1], known)}")


def check(content: dict[str, Any], *, source: str) -> StudySpec:
    """The content as a StudySpec; ValueError names the key, what is wrong and the nearest valid name."""
    import json

    try:
        study = StudySpec.model_validate_json(json.dumps(content))
    except TypeError as error:
        raise ValueError(f"{source}: {error}; quote dates and other YAML specials") from error
    except ValidationError as error:
        raise ValueError(f"{source}: {_first_problem(error)}") from error
    _cross_check(study, source)
    return study


def _first_problem(error: ValidationError) -> str:
    problems = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    problem = problems[0]  # a misspelt key first: what is missing is often the same key
    place = ".".join(str(word) for word in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = _fields_at(StudySpec, problem["loc"][:-1])
        return f"{place}: unknown key{nearest(str(problem['loc'][-1]), known)}"
    if problem["type"] == "missing":
        return f"{place}: is missing"
    message = problem["msg"].removeprefix("Value error, ")
    given = problem["input"]
    return f"{place}: {message}" + (f", not {given!r}" if isinstance(given, str | int | float) else "")


def _fields_at(model: Any, location: Sequence[str | int]) -> list[str]:
    """The field names that are valid at a place in the model."""
    for word in location:
        annotation = (
            model.model_fields[word].annotation if word in getattr(model, "model_fields", {}) else model
        )
        model = _model_in(annotation, word)
    return list(getattr(model, "model_fields", {}))


def _model_in(annotation: Any, word: str | int) -> Any:
    """The pydantic model inside dict[..., M], tuple[M, ...], M | None or a union told apart by `kind`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = [_model_in(part, word) for part in getattr(annotation, "__args__", ())]
    models = [model for model in inside if model is not None]
    named = [
        model
        for model in models
        if str(getattr(model.model_fields.get("kind"), "annotation", "")).count(f"'{word}'")
    ]
    return (named or models or [None])[0]


def _cross_check(study: StudySpec, source: str) -> None:
    """What one field says of another: names must exist where they are used."""
    if study.baseline not in study.arms:
        raise ValueError(
            f"{source}: baseline: no arm {study.baseline!r}{nearest(study.baseline, study.arms)}"
        )
    for number, design in enumerate(study.designs):
        used = {
            "one_factor": lambda d: [d.reference],
            "leave_one_out": lambda d: [d.full, *d.removed.values()],
        }
        for label in used.get(design.kind, lambda d: [])(design):
            if label not in study.arms:
                raise ValueError(f"{source}: designs.{number}: no arm {label!r}{nearest(label, study.arms)}")
    for label, arm in study.arms.items():
        if arm.seed_shift and {seed + arm.seed_shift for seed in study.seeds} & set(study.seeds):
            raise ValueError(
                f"{source}: arms.{label}.seed_shift: {arm.seed_shift} leads to seeds of the study itself"
            )
    if study.search is not None:
        _cross_check_search(study, source)


def _cross_check_search(study: StudySpec, source: str) -> None:
    assert study.search is not None
    for label in study.search.arms:
        if label not in study.arms:
            raise ValueError(f"{source}: search.arms: no arm {label!r}{nearest(label, study.arms)}")
    if study.baseline not in study.search.arms:
        raise ValueError(f"{source}: search.arms: the baseline {study.baseline!r} must be tuned as well")
    for setting in study.search.learning_rates:
        if setting not in study.settings:
            raise ValueError(
                f"{source}: search.learning_rates: no setting {setting!r}{nearest(setting, study.settings)}"
            )
    for setting in study.settings.keys() - study.search.learning_rates.keys():
        raise ValueError(f"{source}: search.learning_rates: the setting {setting!r} has no range")
    if study.search.seed in study.seeds:
        raise ValueError(
            f"{source}: search.seed: {study.search.seed} is one of the study's seeds; winners need fresh ones"
        )
