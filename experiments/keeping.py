"""`python -m experiments store ACTION`: carry a store elsewhere, make its table anew, free space, migrate it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from .store import TABLE, open_store
from .store.lock import SUPERVISOR, held
from .store.maintenance import archive, garbage, rebuild
from .store.rows import now

ACTIONS = ("export", "rebuild", "gc", "migrate")


def keep(action: str, store: Path, study: str | None, output: str | None, yes: bool) -> int:
    """Do one of the actions; says what it did. Raises ValueError for arguments that do not go with it."""
    if (action == "export") != (study is not None):
        raise ValueError(
            "store export STUDY: name the study" if study is None else f"store {action} takes no study"
        )
    if output is not None and action != "export":
        raise ValueError(f"store {action} takes no --output")
    if yes and action != "gc":
        raise ValueError(f"store {action} takes no --yes")
    if not store.is_dir():
        raise ValueError(f"{store}: no run store here")
    if study is not None:
        return _export(store, study, Path(output or f"{study}.zip"))
    with held(store / SUPERVISOR, waiting=_refused(store)):
        return {"rebuild": _rebuild, "gc": _remove if yes else _show, "migrate": _migrate}[action](store)


def _refused(store: Path) -> Callable[[str], None]:
    def refuse(who: str) -> None:
        raise ValueError(f"{store}: is at work ({who}); wait until it ends")

    return refuse


def _export(store: Path, study: str, target: Path) -> int:
    with closing(open_store(store, readonly=True)) as records:
        records.study(study)
        runs = archive.export(records, study, target)
    print(f"{target}: {runs} runs, {target.stat().st_size / 1e6:.1f} MB")
    print(f"elsewhere: python -m experiments reproduce {study} --store {target}")
    return 0


def _rebuild(store: Path) -> int:
    made = rebuild.rebuild(store, now=now())
    for folder, wrong in made.unusable.items():
        print(f"not used: {folder}: {wrong}")
    print(
        f"{store}: {made.studies} studies, {made.runs} runs, {made.results} results; the old table is set aside"
    )
    return 1 if made.unusable else 0


def _show(store: Path) -> int:
    found = _garbage(store)
    for one in found:
        print(f"{one.size / 1e6:9.1f} MB  {one.path}: {one.why}")
    total = sum(one.size for one in found) / 1e6
    print(
        f"{len(found)} things, {total:.1f} MB" + (" would go; --yes removes them" if found else " to remove")
    )
    return 0


def _remove(store: Path) -> int:
    found = _garbage(store)
    total = sum(one.size for one in found) / 1e6
    garbage.remove(found)
    print(f"{len(found)} things, {total:.1f} MB removed")
    return 0


def _garbage(store: Path) -> list[garbage.Garbage]:
    with closing(open_store(store)) as records:
        return garbage.find(records)


def _migrate(store: Path) -> int:
    if not (store / TABLE).exists():
        raise ValueError(f"{store}: no run store here")
    with closing(open_store(store)):
        print(f"{store}: the table has this version's schema; a backup of an older one lies beside it")
    return 0
