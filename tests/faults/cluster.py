"""A SLURM of one node on this machine: its daemons, started in a folder of their own and stopped again."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "squeue", "sinfo")
PATIENCE = 600.0
CONFIGURATION = """
ClusterName=faults
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
PlugStackConfig=/dev/null
SlurmdParameters=config_overrides
KillWait=60
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str | None:
    """Why no SLURM can be started here, or None."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"SLURM is not installed (no {', '.join(missing)}): apt-get install slurm-wlm"
    return None if os.geteuid() == 0 else "SLURM's daemons are started as root"


class Cluster:
    """Starts the daemons in the folder; `stop` ends them and the jobs that are left."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.host = folder, socket.gethostname().split(".")[0]
        for name in ("state", "spool"):
            (folder / name).mkdir()
        (folder / "munge.key").write_bytes(os.urandom(128))
        (folder / "munge.key").chmod(0o600)
        self.configuration = folder / "slurm.conf"
        self.configuration.write_text(
            CONFIGURATION.format(
                host=self.host,
                folder=folder,
                controller=_free_port(),
                node=_free_port(),
            )
        )
        self._daemons: list[subprocess.Popen[bytes]] = []
        try:
            for words in self._commands():
                self._daemons.append(self._start(words))
        except BaseException:
            self.stop()
            raise
        self._wait_until(lambda: "idle" in self.ask("sinfo", "--noheader"), "the node is idle")

    def _commands(self) -> list[list[str]]:
        files = [f"--socket={self.folder}/munge.socket"]
        files += [f"--{name}-file={self.folder}/munge.{name}" for name in ("key", "pid", "seed")]
        daemon = ["-D", "-c", "-f", str(self.configuration)]
        return [["munged", "--foreground", "--force", *files], ["slurmctld", *daemon], ["slurmd", *daemon]]

    def _start(self, words: list[str]) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{words[0]}.out").open("wb") as output:
            process = subprocess.Popen(words, stdout=output, stderr=output, start_new_session=True)
        time.sleep(1)
        assert process.poll() is None, (self.folder / f"{words[0]}.out").read_text()
        return process

    def ask(self, *words: str) -> str:
        """The output of one of SLURM's commands."""
        environment = {**os.environ, "SLURM_CONF": str(self.configuration)}
        return subprocess.run(words, env=environment, capture_output=True, text=True).stdout.strip()

    def submit(self, script: Path, output: Path, *options: str) -> str:
        """Submit a batch script; return the job's number once it is running."""
        words = ["sbatch", "--parsable", "--ntasks=1", f"--output={output}", *options, str(script)]
        job = self.ask(*words)
        assert job.isdigit(), job
        self.wait_for(job, "RUNNING")
        return job

    def state(self, job: str) -> str:
        """The job's state, such as RUNNING, PENDING, CANCELLED, FAILED, TIMEOUT or COMPLETED."""
        return self._field(job, "JobState")

    def exit_code(self, job: str) -> int:
        """The exit code of the batch script."""
        return int(self._field(job, "ExitCode").partition(":")[0])

    def wait_for(self, job: str, *states: str) -> None:
        """Wait until the job is in one of these states."""
        self._wait_until(lambda: self.state(job) in states, f"job {job} is {' or '.join(states)}")

    def _field(self, job: str, name: str) -> str:
        fields = self.ask("scontrol", "show", "job", job).split()
        return next((field.partition("=")[2] for field in fields if field.startswith(f"{name}=")), "")

    def wait_until_gone(self, job: str) -> None:
        """Wait until no process of the job is left."""
        self._wait_until(lambda: not self.ask("squeue", "--noheader", f"--jobs={job}"), f"job {job} is gone")

    def _wait_until(self, reached: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < end, f"not in time: {what}\n{self.ask('squeue')}"
            time.sleep(0.2)

    def stop(self) -> None:
        """End what is left of the jobs, then the daemons."""
        self.ask("scancel", "--signal=KILL", "--full", "--user=root")
        self.ask("scancel", "--user=root")
        time.sleep(1)
        for daemon in reversed(self._daemons):
            daemon.terminate()
            daemon.wait(30)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
