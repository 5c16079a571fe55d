"""What each command does. Heavy imports stay inside the commands that need them."""

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from . import progress
from .config.study_file import module_source, read_study
from .orchestration.gpu_slots import check as check_device
from .store import Store, open_store, run_folder
from .store.maintenance import archive
from .store.maintenance.recover import Recovered


def run(
    study: str, store: str, changes: Sequence[str], modules: Sequence[str], workers: int | None,
    rerun_stale: bool, retry_failed: str | None, device: str,
) -> int:  # fmt: skip
    """Run a study to its end, or go on where it was."""
    from .orchestration.engines.local import LocalEngine
    from .orchestration.supervisor import Policy, Supervisor
    from .planning.power import attainable
    from .store.lock import SUPERVISOR, held
    from .tracking.sync_process import following

    check_device(device)
    spec = read_study(study, changes=changes, modules=modules)
    path = Path(store)
    slots = _workers(workers)
    console = progress.console()
    with opened(path) as records, held(path / SUPERVISOR, waiting=_Waiting(path, spec.name)):
        engine = LocalEngine(slots=slots)
        with (
            progress.Progress(records, spec.name, workers=slots, console=console) as shown,
            following(path, spec.name, said=shown.say),
        ):
            supervisor = Supervisor(
                spec, records, engine, cache=cache_of(path), said=shown.say, device=device
            )
            shown.say(
                f"{spec.name}: checking the plan (the first time also makes the data; imports take about 10 s)"
            )
            with _refusal_names(study, records):
                recovered = supervisor.plan(Policy(rerun_stale=rerun_stale, retry_failed=retry_failed))
            for text in (attainable(spec), *_told(recovered, records, spec.name)):
                shown.say(text)
            complete = supervisor.run(shown.changed)
        engine.kill()
        if complete and spec.search is not None:
            supervisor.journal(path / "optuna" / f"{spec.name}.journal")
        return _stopped(supervisor.signal) if not complete else _verdict(records, spec.name)


def _told(recovered: Recovered, records: Store, study: str) -> Iterator[str]:
    yield from (f"warning: {text}" for text in records.study(study).warnings)
    if recovered.adopted:
        yield f"{len(recovered.adopted)} runs had ended before they could be recorded: taken over"
    yield from (f"damaged and set aside, runs again: {wrong}" for wrong in recovered.damaged.values())
    if recovered.retried:
        yield f"{len(recovered.retried)} failed runs are tried again"
    if recovered.stale:
        stale = len(recovered.stale)
        yield f"warning: {stale} results were made by other code than today's (--rerun-stale runs them again)"


def _stopped(number: int | None) -> int:
    """128 and the signal's number, as shells count; 1 where a budget was over."""
    print("interrupted; the same command goes on from here")
    return 1 if number is None else 128 + number


def _verdict(records: Store, study: str) -> int:
    seen = progress.overview(records, study, workers=1)
    for row in seen.failures:
        print(f"{row.state}: {progress.described(row)} (log: {records.folder(row.key) / run_folder.LOG})")
    return 1 if any(row.state != "diverged" for row in seen.failures) else 0


class _Waiting:
    """Tells, about every 10 s, how far the supervisor is that holds the store."""

    def __init__(self, path: Path, study: str) -> None:
        self.path, self.study, self.turn = path, study, 0

    def __call__(self, who: str) -> None:
        if self.turn == 0:
            print(f"{self.path} is at work ({who}); waiting until it ends, then going on", flush=True)
        if self.turn % 10 == 0:
            with opened(self.path) as records:
                if self.study in records.studies():
                    print(progress.line(progress.overview(records, self.study, workers=1)), flush=True)
        self.turn += 1


def plan(study: str, store: str, changes: Sequence[str], modules: Sequence[str], workers: int | None) -> int:
    """Everything that can be known before the first run: checked, counted, and printed."""
    from .cli.plan import planned_lines
    from .planning.power import forecast

    spec = read_study(study, changes=changes, modules=modules)
    with forecast(spec, Path(store)) as what_it_can_tell:
        for text in planned_lines(spec, Path(store), cache_of(Path(store)), _workers(workers)):
            print(text, flush=True)
        print(what_it_can_tell())
    return 0


def status(study: str | None, store: str) -> int:
    """The same table as `run` shows, from the records."""
    from .store.lock import SUPERVISOR, holder

    with opened(Path(store), readonly=True) as records:
        console = progress.console()
        console.print(f"{store}: {holder(Path(store) / SUPERVISOR) or 'no supervisor'} at work")
        for name in [study] if study else records.studies():
            records.study(name)
            seen = progress.overview(records, name, workers=_workers(None))
            title = f"{name}: {progress.line(seen)}"
            console.print(progress.shown(records, seen, title, plain=progress.is_plain(console)))
    return 0


def runs(store: str, wanted: Sequence[str]) -> int:
    """Recorded runs, one line each."""
    from . import inspecting

    with opened(Path(store), readonly=True) as records:
        for text in inspecting.runs(records, wanted):
            print(text)
    return 0


def show(key: str, store: str) -> int:
    """One run in full."""
    from . import inspecting

    with opened(Path(store), readonly=True) as records:
        for text in inspecting.show(records, _one_key(records, key)):
            print(text)
    return 0


def diff(key: str, other: str, store: str) -> int:
    """What two runs do not share; exit code 1 where there is something, as `diff` has it."""
    from . import inspecting

    with opened(Path(store), readonly=True) as records:
        lines = list(inspecting.diff(records, _one_key(records, key), _one_key(records, other)))
    for text in lines:
        print(text)
    return 1 if lines else 0


def where(study: str, store: str) -> int:
    """Where everything of a study is; the last lines of run_all.sh."""
    path = Path(store)
    with opened(path, readonly=True) as records:
        name = _recorded_name(records, study)
        searched = records.study(name).spec["search"] is not None
    if searched:
        print(
            f"search:  {_program('optuna-dashboard')} {shlex.quote(str(path / 'optuna' / f'{name}.journal'))}"
        )
    print(f"W&B:     {_program('wandb')} sync {shlex.quote(str(path / 'wandb'))}/offline-run-*")
    print(f"report:  {path / 'reports' / name / 'report.html'}")
    return 0


def _program(name: str) -> str:
    """A program of this environment as it can be typed here, whether or not the environment is activated."""
    program = Path(sys.executable).parent / name
    here = Path.cwd()
    return shlex.quote(str(program.relative_to(here) if program.is_relative_to(here) else program))


def _recorded_name(records: Store, study: str) -> str:
    """A recorded study by its name, or by the file it was read from."""
    return study if study in records.studies() or not Path(study).is_file() else read_study(study).name


def verify(study: str, store: str) -> int:
    """Check every file of the study's ended runs; exit code 1 names what is damaged."""
    from .store.maintenance import verify as verifying

    with opened(Path(store), readonly=True) as records:
        name = _recorded_name(records, study)
        records.study(name)
        wrong = 0
        for text in verifying.problems(records, name):
            print(text)
            wrong += 1
        print(f"{verifying.count(records, name)} runs checked, {wrong} damaged")
    return 1 if wrong else 0


def sync(study: str, store: str, follow: bool) -> int:
    """Publish to W&B what is recorded; `--follow` until standard input ends."""
    from .tracking import sync_process

    with opened(Path(store), readonly=True) as records:
        if not follow:
            records.study(study)
        return sync_process.publish(records, study, until_input_ends=follow)


def listed(what: str, modules: Sequence[str]) -> int:
    """What there is to choose from."""
    from .listing import LISTS

    if modules and what != "modules":
        raise ValueError(f"list {what}: --modules belongs to `list modules`")
    with _own_modules(modules):
        for text in LISTS[what]():
            print(text)
    return 0


def check(module_file: str) -> int:
    """Which contracts the modules of a file hold; exit code 1 when one does not."""
    from .checking import check_file

    return 0 if check_file(module_file, lambda text: print(text, flush=True)) else 1


@contextmanager
def _own_modules(files: Sequence[str]) -> Iterator[None]:
    """In the body the modules of these files are in the catalogue."""
    if not files:
        yield
        return
    from attention.own import joined

    with joined((name, module_source(Path(name), name)) for name in files):
        yield


def check_data(data: str, changes: Sequence[str], task: str | None) -> int:
    """Say all that is to be known of a folder or data set; exit code 1 when no study could use it."""
    from .checking_data import check

    headline, report = check(data, changes, task, cache_of(Path(os.environ.get("ABLATION_STORE", "runs"))))
    for text in (headline, *report.lines()):
        print(text)
    return 1 if report.problems else 0


def sites(backbone: str, input_size: int, site: str | None) -> int:
    """Every place of a backbone that takes modules."""
    from .surveying import site_lines

    for text in site_lines(backbone, input_size, site):
        print(text)
    return 0


def reproduce(what: str, store: str, sampled: int | None, seed: int, workers: int | None, device: str) -> int:
    """Run recorded runs again, elsewhere. Exit code: 0 the same, 1 one is different, 3 one could not be run."""
    from .orchestration.engines.local import LocalEngine
    from .orchestration.reproduce import population, reproduce, sample

    check_device(device)
    if sampled is not None and sampled < 1:
        raise ValueError(f"--sample: at least 1, not {sampled}")
    with opened(Path(store), readonly=True) as records:
        name = _recorded_name(records, what)
        if name in records.studies():
            keys = population(records, name)
            keys = keys if sampled is None else sample(keys, sampled, seed=seed)
        elif sampled is not None:
            raise ValueError(f"--sample goes with a study; recorded: {', '.join(records.studies())}")
        else:
            keys = [_one_key(records, what)]
        slots = _workers(workers) if device == "cpu" else 1
        engine = LocalEngine(slots=min(slots, max(1, len(keys))))
        try:
            return reproduce(
                records, keys, cache=cache_of(Path(store)), engine=engine, said=_say, device=device
            )
        finally:
            engine.kill()


def _say(text: str) -> None:
    print(text, flush=True)


def _one_key(records: Store, start: str) -> str:
    """The one recorded key that begins so."""
    found = records.keys(start)
    if len(found) != 1:
        raise ValueError(
            f"{start!r}: no study (recorded: {', '.join(records.studies())}), and {len(found)} recorded runs begin so"
        )
    return found[0]


def keep(action: str, store: str, study: str | None, output: str | None, yes: bool) -> int:
    """Care for a store: export, rebuild, gc, migrate."""
    from .keeping import keep

    return keep(action, Path(store), study, output, yes)


@contextmanager
def _refusal_names(study: str, records: Store) -> Iterator[None]:
    """A study that cannot work is refused by its name, and leaves no empty store behind."""
    try:
        yield
    except ValueError as error:
        if not records.studies():
            records.discard()
        raise ValueError(f"{study}: {error}") from error


@contextmanager
def opened(path: Path, *, readonly: bool = False) -> Iterator[Store]:
    """The store, closed at the end; to read, an exported one as well."""
    if not archive.is_archive(path):
        with closing(open_store(path, readonly=readonly)) as records:
            yield records
    elif not readonly:
        raise ValueError(f"{path}: an exported store is read, not written; give --store a folder")
    else:
        with archive.unpacked(path) as folder, closing(open_store(folder, readonly=True)) as records:
            yield records


def cache_of(store: Path) -> Path:
    """Where decoded data lie: ABLATION_CACHE, or beside the store; it can be deleted at any time."""
    return Path(os.environ.get("ABLATION_CACHE", store.absolute().parent / ".cache" / "attention-ablations"))


def _workers(wanted: int | None) -> int:
    if wanted is not None and wanted < 1:
        raise ValueError(f"--workers: at least 1, not {wanted}")
    return wanted or len(os.sched_getaffinity(0))


COMMANDS: dict[str, Callable[..., int]] = {
    "runs": runs, "show": show, "diff": diff,
    "run": run, "plan": plan, "status": status, "where": where, "verify": verify, "sync": sync, "list": listed,
    "check": check, "check-data": check_data, "sites": sites, "reproduce": reproduce, "store": keep,
}  # fmt: skip
