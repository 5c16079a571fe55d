"""The command line: `python -m experiments COMMAND`. Parses, calls, and turns a ValueError into one line."""

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence


def parser() -> argparse.ArgumentParser:
    """All commands. Nothing heavy is imported to build it."""
    main = argparse.ArgumentParser(
        prog="python -m experiments", description="Plan, run and follow ablation studies."
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    study = argparse.ArgumentParser(add_help=False)
    study.add_argument("study", metavar="STUDY", help="a shipped study's name, or a YAML file")
    study.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes",
                       help="change the study, such as recipe.epochs=3 or seeds=[0,1]")  # fmt: skip
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument(
        "--modules", action="append", default=[], metavar="FILE", help="a file of your own modules"
    )
    store = argparse.ArgumentParser(add_help=False)
    store.add_argument(
        "--store",
        default=os.environ.get("ABLATION_STORE", "runs"),
        metavar="FOLDER",
        help="where everything is recorded (default: ABLATION_STORE, or else runs)",
    )

    run = commands.add_parser(
        "run", parents=[study, own, store], help="run a study, its search included; go on where it was"
    )
    run.add_argument(
        "--workers", type=int, metavar="N", help="runs at once, one thread each (default: all cores)"
    )
    run.add_argument("--device", default="cpu", metavar="DEVICE",
                     help="cpu (the default), cuda (all graphics cards, shared by memory), or one: cuda:1")  # fmt: skip
    run.add_argument("--rerun-stale", action="store_true", help="run again what was recorded with other code")
    run.add_argument(
        "--retry-failed", nargs="?", const="", metavar="KEY", help="try failed runs again (one: its key)"
    )
    plan = commands.add_parser(
        "plan", parents=[study, own, store], help="say what a study would run, and check all of it"
    )
    plan.add_argument("--workers", type=int, metavar="N", help="runs at once, for the time it would take")
    for name, text in (
        ("status", "a study's progress"),
        ("where", "where a study's report, search and W&B runs are"),
        ("verify", "check every recorded file against its checksum"),
    ):
        one = commands.add_parser(name, parents=[store], help=text)
        one.add_argument(
            "study", metavar="STUDY", nargs="?" if name == "status" else None, help="a recorded study"
        )
    runs = commands.add_parser("runs", parents=[store], help="recorded runs, one line each")
    runs.add_argument("--where", nargs="+", action="extend", default=[], metavar="FIELD=VALUE", dest="wanted",
                      help="such as arm=cbam state=failed")  # fmt: skip
    show = commands.add_parser("show", parents=[store], help="one run: spec, curve, attempts, files, log")
    show.add_argument("key", metavar="KEY", help="a run's key, or its first characters")
    diff = commands.add_parser("diff", parents=[store], help="what two runs do not share")
    diff.add_argument("key", metavar="KEY")
    diff.add_argument("other", metavar="KEY")
    sync = commands.add_parser(
        "sync", parents=[store], help="publish to W&B what is recorded and not yet published"
    )
    sync.add_argument("study", metavar="STUDY")
    sync.add_argument("--follow", action="store_true", help="go on until standard input ends")
    data = commands.add_parser(
        "check-data", help="look at a folder of images, or a data set, before a study does"
    )
    data.add_argument("data", metavar="PATH", help="a folder, or a data set's name")
    data.add_argument("--task", choices=("classification", "segmentation"), help="where it has both")
    data.add_argument(
        "--set", action="append", default=[], metavar="OPTION=VALUE", dest="changes", help="such as size=224"
    )
    listed = commands.add_parser("list", parents=[own], help="what there is to choose from")
    listed.add_argument("what", choices=("modules", "schemas", "table", "studies", "datasets"))
    check = commands.add_parser("check", help="hold your own modules to the contracts of the catalogue")
    check.add_argument("module_file", metavar="FILE", help="such as my_gate.py")
    sites = commands.add_parser("sites", help="the places where a backbone takes modules")
    sites.add_argument("backbone", metavar="BACKBONE", help="a timm architecture")
    sites.add_argument("--input-size", type=int, default=224, metavar="PIXELS")
    sites.add_argument("--site", metavar="SITE", help="such as stage@3,4, skip, decoder, or 'layer[34].*'")
    reproduce = commands.add_parser(
        "reproduce", parents=[store], help="run a recorded run, or a study's, again and compare the bits"
    )
    reproduce.add_argument(
        "what", metavar="KEY|STUDY", help="a run's key (its beginning will do), or a study"
    )
    reproduce.add_argument(
        "--sample", type=int, metavar="N", dest="sampled", help="so many of a study's runs"
    )
    reproduce.add_argument(
        "--seed", type=int, default=0, metavar="SEED", help="what the sample is drawn with"
    )
    reproduce.add_argument("--workers", type=int, metavar="N", help="runs at once (default: all cores)")
    reproduce.add_argument(
        "--device", default="cpu", metavar="DEVICE", help="cpu (the default), cuda, or one card: cuda:1"
    )
    keep = commands.add_parser(
        "store", parents=[store],
        help="export STUDY (one zip, read anywhere), rebuild (the table from the folders), gc, migrate",
    )  # fmt: skip
    keep.add_argument("action", choices=("export", "rebuild", "gc", "migrate"), metavar="ACTION",
                      help="export STUDY, rebuild, gc, migrate")  # fmt: skip
    keep.add_argument("study", metavar="STUDY", nargs="?", help="what to export")
    keep.add_argument("--output", metavar="FILE", help="the zip to write (default: STUDY.zip)")
    keep.add_argument("--yes", action="store_true", help="gc: remove what it names")
    return main


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 done but something failed or differs, 2 refused, 130 interrupted."""
    parsed = vars(parser().parse_args(arguments))
    store = parsed.get("store")
    from . import commands

    try:
        return int(commands.COMMANDS[parsed.pop("command")](**parsed))
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, RuntimeError, OSError) as error:
        return _refused(str(error))
    except sqlite3.DatabaseError as error:
        return _refused(f"{store}: {error}")
    except KeyboardInterrupt:
        return 130


def _refused(text: str) -> int:
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
