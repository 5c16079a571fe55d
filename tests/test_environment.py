"""The lock, and the script that installs it: run here with a stand-in for uv, so that nothing is fetched."""

import os
import re
import stat
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import datasets

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Does what the tests look at: notes how it was called, makes a folder that looks like an environment.
FAKE_UV = """#!/usr/bin/env bash
[ "$1" = --version ] && exit 0
printf '%s cache=%s compile=%s\\n' "$*" "$UV_CACHE_DIR" "${UV_COMPILE_BYTECODE:-}" >>"${BASH_SOURCE[0]%/.venv/*}/calls"
[ -z "${UV_SAYS:-}" ] || { printf '%s\\n' "$UV_SAYS" >&2; exit 2; }
sleep "${UV_TAKES:-0}"
"""


def locked() -> list[tuple[Requirement, int]]:
    """Each requirement of the lock, with the number of its hashes."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", LOCK)[1:]
    return [(Requirement(block.split(" \\")[0]), block.count("--hash=sha256:")) for block in blocks]


def direct() -> list[Requirement]:
    named = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    return [Requirement(text) for text in named]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in a folder with a space in its name, with an environment that has no stamp yet."""
    root = tmp_path / "my project"
    (root / ".venv/bin").mkdir(parents=True)
    for name in ("environment.sh", "requirements.lock"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    (root / ".venv/bin/activate").write_text(f"VIRTUAL_ENV='{root}/.venv'\n", encoding="utf-8")
    (root / ".venv/bin/python").symlink_to(Path(sys.executable).resolve())
    uv = root / ".venv/bin/uv"
    uv.write_text(FAKE_UV, encoding="utf-8")
    uv.chmod(uv.stat().st_mode | stat.S_IXUSR)
    return root


def start(root: Path, **environment: str) -> subprocess.Popen[str]:
    kept = {"HOME": os.environ["HOME"]} if "HOME" in os.environ else {}
    folders = os.environ["PATH"].split(os.pathsep)  # without a real uv, which the script would fall back on
    kept["PATH"] = os.pathsep.join(folder for folder in folders if not (Path(folder) / "uv").exists())
    return subprocess.Popen(
        ["bash", str(root / "environment.sh")],
        env={**kept, **environment},
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def set_up(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    process = start(root, **environment)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def calls(root: Path) -> list[str]:
    noted = root / "calls"
    return noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []


def test_every_requirement_of_the_lock_has_one_version_and_a_hash() -> None:
    assert len(locked()) > 100
    for requirement, hashes in locked():
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], requirement
        assert hashes >= 1, requirement


def test_the_lock_names_no_index_and_no_place_on_a_machine() -> None:
    assert "://" not in LOCK
    assert not re.search(r"(?m)^\s*(-i|-f|-e|--\S*(index|links)\S*)\s", LOCK)
    assert not re.search(r"(?m)^[^#]*(^|\s)[./]\S*/", LOCK)


def test_every_direct_dependency_is_locked_at_a_version_that_it_allows() -> None:
    pinned = [(canonicalize_name(requirement.name), requirement) for requirement, _ in locked()]
    for wanted in direct():
        found = [requirement for name, requirement in pinned if name == canonicalize_name(wanted.name)]
        assert found, f"{wanted} is not in requirements.lock"
        for requirement in found:
            (pin,) = requirement.specifier
            assert wanted.specifier.contains(pin.version), f"{wanted} against {requirement}"


def test_what_is_installed_is_what_the_lock_says() -> None:
    for requirement, _ in locked():
        if requirement.marker is None or requirement.marker.evaluate():
            assert requirement.specifier.contains(version(requirement.name), prereleases=True), requirement


def test_conda_takes_the_same_lock_with_hashes() -> None:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "- --require-hashes\n      - -r requirements.lock\n" in text
    assert re.findall(r"[a-z-]+[=<>]+[\d.]+", text) == ["python=3.11"]


def test_the_package_datasets_is_ours() -> None:
    assert datasets.__file__ is not None
    assert Path(datasets.__file__) == ROOT / "datasets/__init__.py"


def test_the_real_environment_is_set_up_and_nothing_is_left_to_install() -> None:
    done = subprocess.run(["bash", str(ROOT / "environment.sh")], capture_output=True, text=True, check=True)
    assert done.stderr.rstrip().endswith("nothing to install")
    assert (Path(done.stdout.strip()) / "bin/python").exists()


def test_the_first_call_installs_with_hashes_and_prints_the_folder_alone(root: Path) -> None:
    done = set_up(root)
    assert done.stdout == f"{root}/.venv\n"
    (call,) = calls(root)
    assert call.startswith("pip sync --require-hashes --no-build")
    assert "ready" in done.stderr


def test_the_second_call_installs_nothing(root: Path) -> None:
    set_up(root)
    again = set_up(root)
    assert again.stdout == f"{root}/.venv\n"
    assert again.stderr == "environment: .venv matches requirements.lock, nothing to install\n"
    assert len(calls(root)) == 1


@pytest.mark.parametrize("stamp", ["", "junk", "0" * 64 + " /elsewhere"])
def test_a_broken_stamp_leads_to_another_check(root: Path, stamp: str) -> None:
    set_up(root)
    (root / ".venv/.installed").write_text(stamp, encoding="utf-8")
    assert "ready" in set_up(root).stderr
    assert len(calls(root)) == 2


def test_a_changed_lock_is_installed(root: Path) -> None:
    set_up(root)
    with (root / "requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    assert "ready" in set_up(root).stderr
    assert len(calls(root)) == 2


def test_two_at_once_install_once(root: Path) -> None:
    both = [start(root, UV_TAKES="1") for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert len(calls(root)) == 1
    assert sum("another set-up is running here, waiting for it" in text for text in said) == 1


def test_an_install_that_was_cut_short_is_thrown_away(root: Path) -> None:
    process = start(root, UV_TAKES="2")
    while not calls(root):
        assert process.poll() is None
    process.kill()
    process.communicate()
    (root / ".venv/half").touch()
    # Offline and without pip's index, so that it stops right after the broken folder is gone.
    set_up(root, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert not (root / ".venv/half").exists()
    assert not (root / ".venv/.installed").exists()


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("error: No space left on device (os error 28)", "the disk is full"),
        ("error: Failed to fetch\n  Caused by: dns error", "no package index could be reached"),
        ("error: Hash mismatch for `six==1.17.0`", "is not the one in requirements.lock"),
    ],
)
def test_a_failure_ends_with_one_line_that_says_why(root: Path, said: str, line: str) -> None:
    done = set_up(root, UV_SAYS=said)
    assert done.returncode == 1
    assert done.stdout == ""
    assert line in done.stderr.splitlines()[-1]
    assert len(done.stderr.splitlines()) == 2
    assert not (root / ".venv/.installed").exists()


@pytest.mark.parametrize("home", [None, "/proc/none"])
def test_without_a_home_folder_the_packages_are_kept_beside_the_environment(
    root: Path, home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOME", raising=False)
    done = set_up(root) if home is None else set_up(root, HOME=home)
    assert done.returncode == 0
    assert f"cache={root}/.venv.cache " in calls(root)[0]


def test_a_conda_environment_that_differs_is_left_aside_aloud(root: Path, tmp_path: Path) -> None:
    done = set_up(root, CONDA_PREFIX=str(tmp_path / "conda"))
    assert "is left aside" in done.stderr
    assert done.stdout == f"{root}/.venv\n"


def test_a_conda_environment_that_satisfies_the_lock_is_used(root: Path) -> None:
    done = set_up(root, CONDA_PREFIX=sys.prefix)
    assert done.stdout == f"{sys.prefix}\n"
    assert done.stderr.rstrip().endswith("satisfies requirements.lock, nothing to install")
    assert calls(root) == []


def test_a_failed_source_leaves_the_callers_shell_alive_and_unchanged(root: Path) -> None:
    (root / "requirements.lock").unlink()
    script = (
        'before=$PATH$-; source "$1/environment.sh"; echo "$?"; [ "$before" = "$PATH$-" ] && echo unchanged'
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", str(root)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "unchanged"]
    assert "requirements.lock is missing" in done.stderr


def test_sourcing_puts_the_environment_first_and_lets_python_find_our_packages(root: Path) -> None:
    set_up(root)
    script = 'source "$1/environment.sh"; echo "$VIRTUAL_ENV|${PATH%%:*}|${PYTHONSAFEPATH-unset}"'
    environment = {"PATH": os.environ["PATH"], "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        ["bash", "-euc", script, "bash", str(root)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{root}/.venv|{root}/.venv/bin|unset\n"


@pytest.mark.parametrize(("variables", "compiled"), [({"PYTHONDONTWRITEBYTECODE": "1"}, "1"), ({}, "")])
def test_bytecode_is_made_once_where_python_would_not_keep_it(
    root: Path, variables: dict[str, str], compiled: str
) -> None:
    set_up(root, **variables)
    (call,) = calls(root)
    assert call.endswith(f" compile={compiled}")
