"""Running a user's own code: whatever it raises becomes one line with file and line, and torch's settings stay."""

import dis
import hashlib
import inspect
import linecache
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from types import ModuleType
from typing import Any

import torch
from torch import nn

from user_error import OWN_CODE, UserError, describe_error, own_code_place

Settings = dict[str, Any]
SETTINGS: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "default device": (
        torch.get_default_device,
        lambda device: torch.set_default_device(None if device.type == "cpu" else device),
    ),
    "grad mode": (torch.is_grad_enabled, torch.set_grad_enabled),
    "deterministic algorithms": (
        torch.are_deterministic_algorithms_enabled,
        torch.use_deterministic_algorithms,
    ),
    "number of threads": (torch.get_num_threads, torch.set_num_threads),
    "anomaly detection": (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    "autocast": (
        lambda: torch.is_autocast_enabled("cpu"),
        lambda enabled: torch.set_autocast_enabled("cpu", enabled),
    ),
    "precision of matrix products": (
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
    ),
    "seed": (torch.initial_seed, lambda seed: None),  # callers restore the generator's state themselves
    "working folder": (os.getcwd, os.chdir),
}
"""What a module may not change, since it would change the rest of the program -> how it is read and written."""


def execute_source(source: str, title: str) -> ModuleType:
    """Execute the text as a module of its own name, so that its classes can be pickled; once per text.

    What it prints goes to standard error, and the random numbers that it draws shift no others.
    """
    name = f"{OWN_CODE}{hashlib.sha256(source.encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__package__ = ""
    sys.modules[name] = module
    lines = source.splitlines(keepends=True)
    linecache.cache[title] = (
        len(source),
        None,
        lines,
        title,
    )  # for tracebacks, and decorators that read the source
    try:
        with redirect_stdout(sys.stderr), run_own_code(""), torch.random.fork_rng(devices=[]):
            exec(compile(source, title, "exec", dont_inherit=True), vars(module))
    except UserError as error:
        del sys.modules[name]
        raise UserError(f"modules {title!r}: {error}{_hint_at_import(error)}") from None
    return module


def _hint_at_import(error: UserError) -> str:
    text = str(error)
    if not text.startswith(("ModuleNotFoundError", "ImportError: attempted relative import")):
        return ""
    return " (a module file cannot import other local files; packages that it imports must be installed)"


@contextmanager
def run_own_code(location: str) -> Iterator[None]:
    """Turn whatever the body raises into a UserError, and put changed settings back, which is an error too.

    location: the file, and the line where the code starts; named where the error passed no line of the user's.
    """
    before = read_settings()
    try:
        yield
    except BaseException as error:
        restore_settings(before)
        if is_interrupt(error):
            raise
        raise explain_error(error, location) from error
    check_settings(before, location)


def explain_error(error: BaseException, location: str) -> UserError:
    """Return an error of a user's own code as a UserError that ends in a place of the user's file."""
    text = str(error) if isinstance(error, UserError) else describe_error(error)
    place = own_code_place(error) or location
    is_told = f"({place.rpartition(', line ')[0]}, line " in text
    return UserError(text if is_told or not place else f"{text} ({place})")


def read_settings() -> Settings:
    """Return torch's global settings, and the working folder."""
    return {name: read() for name, (read, _) in SETTINGS.items()}


def restore_settings(before: Settings) -> list[str]:
    """Put the settings back; return the names of those that had changed."""
    changed = [name for name, value in read_settings().items() if value != before[name]]
    for name in changed:
        SETTINGS[name][1](before[name])
    return changed


def check_settings(before: Settings, location: str) -> None:
    """Put the settings back. Raises UserError that names the first one that had changed."""
    changed = restore_settings(before)
    if changed:
        raise UserError(
            f"it changes the {changed[0]} of the whole program{f' ({location})' if location else ''}; "
            "leave that to the recipe"
        )


def is_interrupt(error: BaseException) -> bool:
    """Tell whether an error is the user's Ctrl-C, and not a KeyboardInterrupt that an own module raises."""
    last = error.__traceback__
    if not isinstance(error, KeyboardInterrupt) or last is None:
        return False
    while last.tb_next is not None:
        last = last.tb_next
    is_raised = last.tb_frame.f_code.co_code[last.tb_lasti] == dis.opmap["RAISE_VARARGS"]
    return not (is_raised and own_code_place(error))


def find_method(cls: type[nn.Module], name: str) -> Any:
    """Return the function of a method, also where a torch.jit.ScriptModule hides it; or what is in its place."""
    scripted = getattr(cls, "_methods", {}).get(name) if issubclass(cls, torch.jit.ScriptModule) else None
    try:
        return getattr(scripted, "original_method", None) or getattr(cls, name)
    except Exception:  # a descriptor may raise anything
        return inspect.getattr_static(cls, name)


def required_arguments(cls: type[nn.Module]) -> list[str]:
    """Return the arguments that a class's forward requires, without self; none for a function of C."""
    try:
        arguments = list(inspect.signature(find_method(cls, "forward")).parameters.values())[1:]
    except (TypeError, ValueError):
        return []
    return [
        each.name
        for each in arguments
        if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD
    ]


def find_location(cls: type[nn.Module], method: str = "forward") -> str:
    """Return where a class of a user's own file defines a method, as 'my_gate.py, line 12', or an empty text."""
    function: Any = inspect.unwrap(find_method(cls, method))
    if not str(getattr(function, "__globals__", {}).get("__name__")).startswith(OWN_CODE):
        return ""
    return f"{function.__code__.co_filename}, line {function.__code__.co_firstlineno}"
