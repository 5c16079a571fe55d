"""`reproduce KEY|STUDY`: train recorded runs again in another folder, and compare the bits."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from user_error import UserError

from .options import (
    add_device,
    add_store,
    add_workers,
    cache_folder,
    check_device,
    count_workers,
)

if TYPE_CHECKING:
    from ..store import StoreReader


EXAMPLES = """  python -m experiments reproduce quick --sample 5
  python -m experiments reproduce 868cac3ae775
  python -m experiments reproduce quick --store quick.zip"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument(
        "what", metavar="KEY|STUDY", help="a run's key (its first characters are enough), or a study"
    )
    add_store(parser)
    parser.add_argument("--sample", type=int, metavar="N", help="a random sample of N of the study's runs")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="SEED", help="seed of the random sample (default: 0)"
    )
    add_workers(parser)
    add_device(parser)


def execute(arguments: Namespace) -> int:
    """Return exit code 0 if all runs are the same, 1 if one differs, 3 if one could not be run."""
    from ..orchestration.engines.local import LocalEngine
    from ..orchestration.reproduction import reproduce
    from .records import open_reader

    device = check_device(arguments.device)
    if arguments.sample is not None and arguments.sample < 1:
        raise UserError(f"at least 1, not {arguments.sample}", place="--sample")
    with open_reader(arguments.store) as records:
        keys = _select_keys(records, arguments)
        slots = count_workers(arguments.workers) if device == "cpu" else 1
        engine = LocalEngine(slots=min(slots, max(1, len(keys))))
        try:
            cache = cache_folder(arguments.store)
            return reproduce(records, keys, cache=cache, engine=engine, notify=_print, device=device)
        finally:
            engine.kill()


def _select_keys(records: StoreReader, arguments: Namespace) -> list[str]:
    from ..orchestration.reproduction import draw_sample, list_ended
    from .records import find_key, study_name

    name = study_name(records, arguments.what)
    if name in records.studies():
        keys = list_ended(records, name)
        return keys if arguments.sample is None else draw_sample(keys, arguments.sample, seed=arguments.seed)
    if arguments.sample is not None:
        raise UserError(f"goes with a study; recorded: {', '.join(records.studies())}", place="--sample")
    return [find_key(records, arguments.what)]


def _print(text: str) -> None:
    print(text, flush=True)
