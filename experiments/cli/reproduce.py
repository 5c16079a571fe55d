"""`reproduce KEY|STUDY`: run recorded runs again in another folder, and compare the bits."""

from argparse import ArgumentParser, Namespace

from user_error import UserError

from ..store import StoreReader
from .options import (
    add_device,
    add_store,
    add_workers,
    cache_of,
    check_device,
    key_of,
    reading,
    recorded_name,
    workers_of,
)

EXAMPLES = """  python -m experiments reproduce quick --sample 5
  python -m experiments reproduce 868cac3ae775
  python -m experiments reproduce quick --store quick.zip"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", metavar="KEY|STUDY", help="a run's key (its beginning will do), or a study")
    add_store(parser)
    parser.add_argument("--sample", type=int, metavar="N", help="so many of a study's runs")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="SEED", help="what the sample is drawn with (default: 0)"
    )
    add_workers(parser)
    add_device(parser)


def execute(arguments: Namespace) -> int:
    """Exit code: 0 the same, 1 a run is different, 3 a run could not be run."""
    from ..orchestration.engines.local import LocalEngine
    from ..orchestration.reproduce import reproduce

    device = check_device(arguments.device)
    if arguments.sample is not None and arguments.sample < 1:
        raise UserError(f"at least 1, not {arguments.sample}", place="--sample")
    with reading(arguments.store) as records:
        keys = _keys(records, arguments)
        slots = workers_of(arguments.workers) if device == "cpu" else 1
        engine = LocalEngine(slots=min(slots, max(1, len(keys))))
        try:
            return reproduce(
                records, keys, cache=cache_of(arguments.store), engine=engine, said=_say, device=device
            )
        finally:
            engine.kill()


def _keys(records: StoreReader, arguments: Namespace) -> list[str]:
    from ..orchestration.reproduce import population, sample

    name = recorded_name(records, arguments.what)
    if name in records.studies():
        keys = population(records, name)
        return keys if arguments.sample is None else sample(keys, arguments.sample, seed=arguments.seed)
    if arguments.sample is not None:
        raise UserError(f"goes with a study; recorded: {', '.join(records.studies())}", place="--sample")
    return [key_of(records, arguments.what)]


def _say(text: str) -> None:
    print(text, flush=True)
