"""Validation of a study's content: a StudySpec, or one error that names the wrong key and the nearest valid one."""

import math
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from user_error import UserError, nearest

from .names import explain_unreadable_name
from .run_spec import MAX_SEED
from .strict_yaml import MAX_SHOWN
from .study_spec import Design, GridDesign, LeaveOneOutDesign, OneFactorDesign, StudySpec

NAME_OF_STUDY = "without `name:` in the file it is the file's name, so set `name:` or rename the file"


def validate_study(content: dict[str, Any], *, source: str) -> StudySpec:
    """Validate a study's content. Raises UserError that names the key, what is wrong, and the nearest valid name.

    source: the study's file, for the message.
    """
    import json

    try:
        _check_keys(content, source)
        study = StudySpec.model_validate_json(json.dumps(content))
    except RecursionError as error:  # of --set; a file is checked when it is read
        raise UserError(f"{source}: a value has too many levels, or contains itself") from error
    except TypeError as error:
        raise UserError(f"{source}: {error}; put dates and other special YAML values in quotes") from error
    except ValidationError as error:
        raise UserError(f"{source}: {_describe_first_error(error)}") from error
    _cross_check(study, source)
    return study


def _check_keys(content: Any, place: str) -> None:
    """Raise UserError for a key that is not text, which JSON would turn into text in silence."""
    if isinstance(content, dict):
        for key, value in content.items():
            if not isinstance(key, str):
                raise UserError(f"{place}: the key {key!r} is not text; put it in quotes")
            _check_keys(value, f"{place}: {key}" if ": " not in place else f"{place}.{key}")
    elif isinstance(content, list):
        for value in content:
            _check_keys(value, place)


def _describe_first_error(error: ValidationError) -> str:
    """Describe one error of pydantic: a misspelt key if there is one, as a missing key is often the same one."""
    problem = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    location = _locate(problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = _valid_keys(StudySpec, problem["loc"][:-1])
        return f"{location}: unknown key{nearest(str(problem['loc'][-1]), known)}"
    if problem["type"] == "missing":
        return f"{location}: is missing"
    if problem["type"] == "json_invalid":  # such as a lone surrogate, of a byte of --set that is not UTF-8
        return "a text is not valid Unicode"
    message = problem["msg"].removeprefix("Value error, ")
    given = problem["input"]
    if location == "name" and isinstance(given, str):
        return f"{location}: {message}, not {_shorten(repr(given))}; {NAME_OF_STUDY}"
    if "options" in problem["loc"] and (given is None or isinstance(given, list | dict)):
        return f"{location.removesuffix('.bool')}: {_describe_value(given)}"
    if not isinstance(given, str | int | float):
        return f"{location}: {message}"
    quotes = "; in quotes it is text" if problem["type"] == "string_type" else ""
    return f"{location}: {message}, not {_shorten(repr(given))}{quotes}"


def _locate(keys: Sequence[str | int]) -> str:
    """Return the place of an error, such as arms.cse.module; a key that is itself wrong is told by the message."""
    words = [str(key) for key in (keys[:-2] if keys[-1:] == ("[key]",) else keys)]
    return ".".join(word if word and word.isprintable() else repr(word) for word in words)


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _describe_value(given: object) -> str:
    """Say what would be right where an option has no value, a list or a mapping."""
    if given is None:
        return "has no value; text that begins with # must be in quotes"
    kind = "a list" if isinstance(given, list) else "a mapping"
    return f"must be one number, truth value or text, not {kind}; several names are one text, 'a, b'"


def _valid_keys(model: Any, location: Sequence[str | int]) -> list[str]:
    """Return the keys that are valid at a location in the model."""
    for word in location:
        annotation = (
            model.model_fields[word].annotation if word in getattr(model, "model_fields", {}) else model
        )
        model = _find_model(annotation, word)
    return list(getattr(model, "model_fields", {}))


def _find_model(annotation: Any, word: str | int) -> Any:
    """Find the pydantic model in dict[..., M], tuple[M, ...], M | None or a union distinguished by `kind`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = [_find_model(part, word) for part in getattr(annotation, "__args__", ())]
    models = [model for model in inside if model is not None]
    named = [
        model
        for model in models
        if str(getattr(model.model_fields.get("kind"), "annotation", "")).count(f"'{word}'")
    ]
    return (named or models or [None])[0]


def _cross_check(study: StudySpec, source: str) -> None:
    """Check fields against each other. Raises UserError if a name is used that the study does not define."""
    if not study.settings:
        raise UserError(f"{source}: settings: name at least one")
    if study.baseline not in study.arms:
        raise UserError(f"{source}: baseline: no arm {study.baseline!r}{nearest(study.baseline, study.arms)}")
    try:
        check_size(study, arms=len(study.arms))
    except UserError as error:
        raise error.at(source) from error
    _check_names(study, source)
    for number, design in enumerate(study.designs):
        for label in _arms_of_design(design):
            if label not in study.arms:
                raise UserError(f"{source}: designs.{number}: no arm {label!r}{nearest(label, study.arms)}")
        _check_design(study, design, f"{source}: designs.{number}")
    for label in study.arms:
        _check_seed_shift(study, label, source)
    if study.search is not None:
        _cross_check_search(study, source)


def _arms_of_design(design: Design) -> list[str]:
    """Return the labels of the study's arms that a design refers to."""
    if isinstance(design, OneFactorDesign):
        return [design.reference]
    return [design.full, *design.removed.values()] if isinstance(design, LeaveOneOutDesign) else []


def _check_design(study: StudySpec, design: Design, place: str) -> None:
    """Raise UserError, which names the place, for more arms than allowed, or an arm that adds what it should remove.

    A factor's whole domain counts as one value here: only the module knows it, and `planning.designs` counts it.
    """
    if isinstance(design, LeaveOneOutDesign):
        _check_removes(study, design, place)
        return
    counts = [len(values or (None,)) for values in design.factors.values()]
    added = math.prod(counts) if isinstance(design, GridDesign) else sum(count - 1 for count in counts)
    try:
        check_size(study, arms=len(study.arms) + added)
    except UserError as error:
        raise error.at(place) from error


def _check_removes(study: StudySpec, design: LeaveOneOutDesign, place: str) -> None:
    """Raise UserError where the full arm has no module and an arm without a component has attention that it lacks.

    A network that ships with attention may be the full arm of one that loses it by `native`.
    """
    full = study.arms[design.full]
    for component, label in design.removed.items() if full.module == "none" else ():
        arm = study.arms[label]
        if full.native == "strip":
            adds = arm.module != "none" or arm.native != "strip"
        else:
            adds = arm.module != "none" and arm.native == "keep"
        if adds:
            raise UserError(
                f"{place}: removed.{component}: {label} adds attention to the full arm {design.full}, which has no "
                "module, so nothing is removed"
            )


def _check_names(study: StudySpec, source: str) -> None:
    """Raise UserError for an arm or setting whose name is lost where others read the CSV tables."""
    for place, names in (("arms", list(study.arms)), ("settings", list(study.settings))):
        for name in names:
            if why := explain_unreadable_name(name):
                raise UserError(f"{source}: {place}.{name}: {why}; take another name")


def _check_seed_shift(study: StudySpec, label: str, source: str) -> None:
    """Raise UserError if an A/A arm's seeds are those of the study, or too large."""
    shift = study.arms[label].seed_shift
    if shift and {seed + shift for seed in study.seeds} & set(study.seeds):
        raise UserError(f"{source}: arms.{label}.seed_shift: {shift} gives seeds that the study uses itself")
    if (largest := max(study.seeds) + shift) > MAX_SEED:
        raise UserError(
            f"{source}: arms.{label}.seed_shift: {shift} makes the seed {largest}, above {MAX_SEED}"
        )


def check_size(study: StudySpec, *, arms: int) -> None:
    """Check a study with this number of arms against its limits. Raises UserError for more arms or runs."""
    settings, seeds = len(study.settings), len(study.seeds)
    size = f"{arms:,} arms x {settings:,} settings"
    if arms * settings > study.limits.arms:
        raise _too_many(size, "arms", arms * settings, study.limits.arms)
    trials = len(study.search.arms) * settings * (study.search.trials + seeds) if study.search else 0
    if (runs := arms * settings * seeds + trials) > study.limits.runs:
        searched = f" and {trials:,} runs of the search" if trials else ""
        raise _too_many(f"{size} x {seeds:,} seeds{searched}", "runs", runs, study.limits.runs)


def _too_many(size: str, what: str, number: int, limit: int) -> UserError:
    return UserError(
        f"{size} make {number:,} {what}, more than {limit:,}",
        hint=f"if they are meant, `limits: {{{what}: {number}}}` allows them",
    )


def _cross_check_search(study: StudySpec, source: str) -> None:
    """Check a search against the study's arms, settings and seeds."""
    assert study.search is not None
    for label in study.search.arms:
        if label not in study.arms:
            raise UserError(f"{source}: search.arms: no arm {label!r}{nearest(label, study.arms)}")
    if study.baseline not in study.search.arms:
        raise UserError(f"{source}: search.arms: the baseline {study.baseline!r} must be tuned as well")
    for setting in study.search.learning_rates:
        if setting not in study.settings:
            raise UserError(
                f"{source}: search.learning_rates: no setting {setting!r}{nearest(setting, study.settings)}"
            )
    for setting in study.settings.keys() - study.search.learning_rates.keys():
        raise UserError(f"{source}: search.learning_rates: the setting {setting!r} has no range")
    if study.search.seed in study.seeds:
        raise UserError(
            f"{source}: search.seed: {study.search.seed} is one of the study's seeds; winners need new ones"
        )
