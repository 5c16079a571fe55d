"""The guard of the fork server: it names the importing process, for its children to end with."""

import subprocess
import sys
from multiprocessing import forkserver

from experiments.orchestration.engines.local import PRELOAD, LocalEngine
from tests.sources import ROOT


def test_the_guard_names_the_process_that_imports_it() -> None:
    code = (
        "import os; from experiments.orchestration.engines import forkserver_guard as guard;"
        "child = os.fork();"
        "print(os.getpid() == guard.SERVER, flush=True) if child else os._exit(guard.SERVER != os.getppid());"
        "print(os.waitpid(child, 0)[1] == 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_the_fork_server_imports_the_guard_before_anything_heavy() -> None:
    LocalEngine(slots=1)
    preloaded = vars(forkserver)["_forkserver"]._preload_modules
    assert preloaded == ["experiments.orchestration.engines.forkserver_guard", *PRELOAD]


def test_the_guard_ignores_stop_signals_and_so_do_the_servers_children() -> None:
    code = (
        "import os, signal; from experiments.orchestration.engines import forkserver_guard;"
        "names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP);"
        "child = os.fork();"
        "[os.kill(os.getpid(), name) for name in names];"
        "print(os.waitpid(child, 0)[1] == 0) if child else os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]
