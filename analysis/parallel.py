"""A function of many items, computed on all cores by forked processes that end with this one, whatever happens."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any, NamedTuple, TypeVar

from experiments.config.command_line.stop_signals import ignore_stop_signals, stop_signals_blocked

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Worker(NamedTuple):
    """A process, and this process's end of the pipe: numbers of items go in, their results come out."""

    process: ForkProcess
    pipe: Connection[Any, Any]


class _Failure(NamedTuple):
    """What the function raised in place of a result."""

    error: Exception


def fork_map(function: Callable[[Item], Result], items: Sequence[Item]) -> Generator[Result, None, None]:
    """Yield the function's result for each item, in order; close the iterator to end its processes.

    Functions and items are inherited by the fork; only the results are pickled. An exception of the function is raised
    here. Raises ChildProcessError if a process is killed from outside. A pool of the standard library waits for ever
    where a process ends while it writes a result; here each process has a pipe of its own, and is killed.
    """
    workers: list[_Worker] = []
    cores = min(len(os.sched_getaffinity(0)), len(items))
    try:
        with stop_signals_blocked():  # no process is started and not in the list; none hears a signal
            for _ in range(cores):
                workers.append(_start(function, items, [each.pipe for each in workers]))
        yield from _results(workers, len(items))
    finally:
        with stop_signals_blocked():
            _end(workers)


def _start(
    function: Callable[[Any], Any], items: Sequence[Any], others: list[Connection[Any, Any]]
) -> _Worker:
    """Start a process; others: pipes of those before, which it inherits and must not hold open."""
    ours, its = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_work, args=(function, items, its, [*others, ours]), daemon=True)
    process.start()
    its.close()
    return _Worker(process, ours)


def _work(
    function: Callable[[Any], Any],
    items: Sequence[Any],
    pipe: Connection[Any, Any],
    others: list[Connection[Any, Any]],
) -> None:
    """Answer each number with the result for its item until the pipe is closed; signals are its parent's to answer."""
    ignore_stop_signals()
    for each in others:
        each.close()
    with suppress(EOFError, OSError):  # the parent has ended
        while True:
            number = pipe.recv()
            pipe.send((number, _outcome(function, items[number])))


def _outcome(function: Callable[[Any], Any], item: Any) -> Any:
    try:
        return function(item)
    except Exception as error:
        error.add_note(traceback.format_exc())  # the traceback itself is not pickled
        return _Failure(error)


def _results(workers: list[_Worker], total: int) -> Iterator[Any]:
    """Hand out the numbers of the items, each worker the next when it has done one, and yield results in order."""
    numbers = iter(range(total))
    for worker in workers:
        _send(worker, next(numbers))
    done: dict[int, Any] = {}
    for number in range(total):
        while number not in done:
            ready = wait([worker.pipe for worker in workers])
            for worker in (each for each in workers if each.pipe in ready):
                found, outcome = _receive(worker)
                done[found] = outcome
                if (following := next(numbers, None)) is not None:
                    _send(worker, following)
        yield _unpack(done.pop(number))


def _send(worker: _Worker, number: int) -> None:
    with suppress(ConnectionError):  # it has ended, which the next receiving tells
        worker.pipe.send(number)


def _receive(worker: _Worker) -> Any:
    try:
        return worker.pipe.recv()
    except (EOFError, ConnectionError) as error:
        worker.process.join()
        code = worker.process.exitcode or 0
        cause = (
            f"was killed by signal {-code}, as where memory is short"
            if code < 0
            else f"ended with code {code}"
        )
        raise ChildProcessError(f"a process of this command {cause}") from error


def _unpack(outcome: Any) -> Any:
    if isinstance(outcome, _Failure):
        raise outcome.error
    return outcome


def _end(workers: list[_Worker]) -> None:
    """Kill the processes, which have nothing to save, and wait until they are gone."""
    for worker in workers:
        worker.process.kill()
    for worker in workers:
        worker.process.join()
        worker.pipe.close()
