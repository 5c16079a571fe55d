"""Validation of a study's content: a StudySpec, or one error that names the wrong key and the nearest valid one."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from user_error import UserError, nearest

from .study_spec import StudySpec


def validate_study(content: dict[str, Any], *, source: str) -> StudySpec:
    """Validate a study's content. Raises UserError that names the key, what is wrong, and the nearest valid name.

    source: the study's file, for the message.
    """
    import json

    try:
        study = StudySpec.model_validate_json(json.dumps(content))
    except TypeError as error:
        raise UserError(f"{source}: {error}; put dates and other special YAML values in quotes") from error
    except ValidationError as error:
        raise UserError(f"{source}: {_describe_first_error(error)}") from error
    _cross_check(study, source)
    return study


def _describe_first_error(error: ValidationError) -> str:
    """Describe one error of pydantic: a misspelt key if there is one, as a missing key is often the same one."""
    problem = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    location = ".".join(str(word) for word in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = _valid_keys(StudySpec, problem["loc"][:-1])
        return f"{location}: unknown key{nearest(str(problem['loc'][-1]), known)}"
    if problem["type"] == "missing":
        return f"{location}: is missing"
    message = problem["msg"].removeprefix("Value error, ")
    given = problem["input"]
    if "options" in problem["loc"] and (given is None or isinstance(given, list | dict)):
        return f"{location.removesuffix('.bool')}: {_describe_value(given)}"
    return f"{location}: {message}" + (f", not {given!r}" if isinstance(given, str | int | float) else "")


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
    if study.baseline not in study.arms:
        raise UserError(f"{source}: baseline: no arm {study.baseline!r}{nearest(study.baseline, study.arms)}")
    for number, design in enumerate(study.designs):
        used = {
            "one_factor": lambda d: [d.reference],
            "leave_one_out": lambda d: [d.full, *d.removed.values()],
        }
        for label in used.get(design.kind, lambda d: [])(design):
            if label not in study.arms:
                raise UserError(f"{source}: designs.{number}: no arm {label!r}{nearest(label, study.arms)}")
    for label, arm in study.arms.items():
        if arm.seed_shift and {seed + arm.seed_shift for seed in study.seeds} & set(study.seeds):
            raise UserError(
                f"{source}: arms.{label}.seed_shift: {arm.seed_shift} gives seeds that the study uses itself"
            )
    if study.search is not None:
        _cross_check_search(study, source)


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
