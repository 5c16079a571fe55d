"""What the constructor of a user's own class takes: the argument for the channels, its options, and what is left.

Public module files name the channels in many ways and give other arguments by position. They join as they are where
that is clear: arguments with a default keep it, and the number of output channels is the number of input channels.
"""

import inspect
import re
from collections.abc import Iterable, Mapping
from inspect import Parameter
from typing import Any, NamedTuple

from torch import nn

from user_error import UserError, nearest

from .options import read_options
from .own_code import find_method, required_arguments

_WIDTH = r"(channels?|chans?|ch|c|planes?|dims?|features?|filters|feats?)"
CHANNELS = re.compile(rf"(n_?|num_?|in_?|input_?|gate_?|feature_?|embed_?)?{_WIDTH}(_?in)?|d_model|c1|inp|ic")
"""Names of the argument that takes the number of channels, in lower case, as public code has them."""
OUTPUT_CHANNELS = re.compile(rf"(out_?|output_?){_WIDTH}|{_WIDTH}_?out|oup|outp|c2|oc")
"""Names of arguments that take the same number, since a plug keeps the shape of its map."""

OTHER = re.compile(
    r".*(kernel|group|reduc|ratio|rate|head|stride|dilat|pad|window|patch|layer|depth|config|cfg|lambda|bias).*"
    r"|(k|image_?|img_?)?size|ks|[bghknrs]|eps|p"
)
"""Names of arguments that are no number of channels, in lower case."""


class Constructor(NamedTuple):
    """How a class is built for a number of channels: the argument for them, and others that take the same number."""

    channels: str
    """Empty if it takes none."""
    filled: tuple[str, ...]
    is_first: bool
    """Whether the channels are the first argument, which may be given by its position."""


def read_parameters(cls: type) -> dict[str, Parameter]:
    """Return the parameters of a constructor, without self; none if they cannot be read."""
    if cls.__init__ is nn.Module.__init__:  # type: ignore[misc]
        return {}
    try:
        return dict(inspect.signature(cls).parameters)
    except (TypeError, ValueError):
        return {}


def find_channels(cls: type, named: Mapping[str, str] | str) -> str:
    """Return the argument that takes the channels, or an empty text.

    named: the argument for all classes, or for each class by its name; otherwise it is the first one, by its name.
    """
    parameters = read_parameters(cls)
    chosen = named if isinstance(named, str) else named.get(cls.__name__, "")
    if chosen in parameters:
        return chosen
    first = next(iter(parameters), "")
    return first if CHANNELS.fullmatch(first.lower()) else ""


def needs_no_channels(cls: type) -> bool:
    """Tell whether a constructor can be called without arguments, none of which can be a number of channels."""
    return all(
        isinstance(each.default, bool | str | float) or each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        for each in read_parameters(cls).values()
    )


def advise_channels(cls: type, title: str) -> str:
    """Return how a class none of whose arguments has a usual name can be given the channels: a key, or a wrapper."""
    parameters = {
        name: each
        for name, each in read_parameters(cls).items()
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    }
    required = [name for name, each in parameters.items() if each.default is each.empty]
    wrapper, guess = _advise_wrapper(cls, [], required), _guess_channels(parameters)
    if not guess:
        return wrapper
    key = (
        f"if {guess!r} of {cls.__name__} is the number of channels, write "
        f"`modules: [{{file: {title}, channels_as: {{{cls.__name__}: {guess}}}}}]` in the study"
    )
    return key if required else f"{key}, otherwise {wrapper}"


def _guess_channels(parameters: Mapping[str, Parameter]) -> str:
    """Return the argument that is most likely the number of channels, or an empty text."""
    likely = {name: each.default for name, each in parameters.items() if not OTHER.fullmatch(name.lower())}
    required = [name for name, default in likely.items() if default is Parameter.empty]
    numbers = {name: default for name, default in likely.items() if type(default) is int}
    return required[0] if required else max(numbers, key=lambda name: numbers[name], default="")


def read_constructor(cls: type[nn.Module], channels: str, kind: str) -> Constructor:
    """Return how a class is built for a number of channels. Raises UserError if it needs more than that."""
    parameters = read_parameters(cls)
    others = {name: each for name, each in parameters.items() if name != channels}
    for parameter in others.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise UserError(
                f"{cls.__name__}: {parameter} hides its options: declare each of them after `*`, or "
                f"{_advise_wrapper(cls, [channels] if channels else [], [])}"
            )
    by_position = {name: each for name, each in others.items() if each.kind is not each.KEYWORD_ONLY}
    required = [name for name, each in by_position.items() if each.default is each.empty]
    filled = tuple(name for name in required if OUTPUT_CHANNELS.fullmatch(name.lower()))
    missing = [name for name in required if name not in filled and name != "context_channels"]
    if missing:
        raise UserError(
            f"{cls.__name__}: {', '.join(map(repr, missing))} {'has' if len(missing) == 1 else 'have'} no default; "
            f"{_advise_wrapper(cls, [channels, *filled], missing)}"
        )
    _check_options(cls)
    _check_forward(cls, kind)
    is_first = (
        next(iter(parameters), None) == channels and parameters[channels].kind is not Parameter.KEYWORD_ONLY
    )
    return Constructor(channels, filled, is_first)


def _advise_wrapper(cls: type, given: Iterable[str], missing: Iterable[str]) -> str:
    """Return the class to add to the file, which gives the missing arguments."""
    arguments = [f"{name}=channels" for name in given] + [f"{name}=..." for name in missing]
    return (
        f"add to the file: class Own{cls.__name__}({cls.__name__}): def __init__(self, channels): "
        f"super().__init__({', '.join(arguments)})"
    )


def _check_options(cls: type) -> None:
    try:
        read_options(cls)
    except UserError:
        raise
    except Exception as error:  # an annotation may name what is not there
        raise UserError(f"{cls.__name__}: {type(error).__name__}: {error}") from None


def _check_forward(cls: type[nn.Module], kind: str) -> None:
    forward = find_method(cls, "forward")
    if forward is nn.Module.forward or not callable(forward):
        raise UserError(f"{cls.__name__}: it has no method forward(x)")
    required = required_arguments(cls)
    if len(required) > (2 if kind == "two_input" else 1):
        raise UserError(
            f"{cls.__name__}: its forward takes {', '.join(required)}, and a plug gives one map (B, C, H, W); "
            f"add to the file a class with forward(x) that calls it"
        )


def adapt(cls: type[nn.Module], constructor: Constructor, namespace: dict[str, Any]) -> type[nn.Module]:
    """Return a class that takes `channels` first: the class itself, or one made from it in its file's namespace."""
    if constructor.is_first and not constructor.filled:
        return cls
    name = f"_{cls.__name__}ForChannels"
    if name not in namespace:
        namespace[name] = _make_subclass(cls, constructor, name)
    made: type[nn.Module] = namespace[name]
    return made


def _make_subclass(cls: type[nn.Module], constructor: Constructor, name: str) -> type[nn.Module]:
    names = [name for name in (constructor.channels, *constructor.filled) if name]

    def init(self: nn.Module, channels: int, **options: Any) -> None:
        cls.__init__(self, **dict.fromkeys(names, channels), **options)

    options = read_options(cls)
    parameters = read_parameters(cls)
    init.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            Parameter("self", Parameter.POSITIONAL_OR_KEYWORD),
            Parameter("channels", Parameter.POSITIONAL_OR_KEYWORD),
            *(parameters[option].replace(kind=Parameter.KEYWORD_ONLY) for option in options),
        ]
    )
    hints = inspect.get_annotations(cls.__init__, eval_str=bool(options))
    init.__annotations__ = {option: hints[option] for option in options if option in hints}
    body = {"__init__": init, "__module__": cls.__module__, "__doc__": cls.__doc__, "__qualname__": name}
    return type(cls.__name__, (cls,), body)  # pickle finds it by __qualname__; messages name the user's class


def check_channels_as(named: object, title: str, classes: Mapping[str, type]) -> None:
    """Raise UserError unless `channels_as` is an argument's name, or names one of each of some classes of the file."""
    pairs = named if isinstance(named, dict) else dict.fromkeys(classes, named) if named else {}
    for name, argument in pairs.items():
        if name not in classes:
            raise UserError(f"modules {title!r}: channels_as: no class {name!r}{nearest(str(name), classes)}")
        if not isinstance(argument, str):
            raise UserError(f"modules {title!r}: channels_as: {argument!r} is no argument's name")
        if isinstance(named, dict) and argument not in read_parameters(classes[name]):
            known = read_parameters(classes[name])
            raise UserError(
                f"modules {title!r}: channels_as: {name} has no argument {argument!r}{nearest(argument, known)}"
            )
    if (
        isinstance(named, str)
        and named
        and not any(named in read_parameters(cls) for cls in classes.values())
    ):
        raise UserError(f"modules {title!r}: channels_as: no class has an argument {named!r}")
