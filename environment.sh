#!/usr/bin/env bash
# The Python environment that requirements.lock describes.
#
#   source environment.sh    set it up where needed, then put it first on PATH
#   bash environment.sh      set it up; print its folder
#
# An activated conda environment that has the lock's versions is taken as it is (environment.yml makes
# one). Otherwise it is .venv beside this file, installed by uv with every hash checked; uv itself comes
# from the lock. Progress and the one line that says what went wrong go to standard error.

if [ -n "${ZSH_VERSION:-}" ] || [ "${BASH_SOURCE[0]}" != "$0" ]; then
    # Sourced: a child does the work, so that no failure ends, and no option changes, the caller's shell.
    _ablation_root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]:-$0}")" && pwd -P) || return 1
    _ablation_prefix=$(bash "$_ablation_root/environment.sh") || return $?
    [ "$_ablation_prefix" = "${CONDA_PREFIX:-}" ] || export VIRTUAL_ENV="$_ablation_prefix"
    export PATH="$_ablation_prefix/bin:$PATH" PYTHONNOUSERSITE=1
    # PYTHONSAFEPATH would keep `python -m experiments` from finding this folder's packages.
    unset PYTHONHOME PYTHONSAFEPATH _ablation_root _ablation_prefix
    hash -r
    return 0
fi

set -euo pipefail
root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
venv=$root/.venv
lock=$root/requirements.lock
stamp=$venv/.installed # the digest of the lock that was installed, and where; written last
bootstrap=$root/.venv.uv
PATH=${PATH//"$venv/bin:"/} # never set up with the environment that is being replaced
export PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0
unset UV_SYSTEM_PYTHON PYTHONHOME PYTHONPATH PYTHONSAFEPATH

say() { printf 'environment: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

digest() { { sha256sum 2>/dev/null || shasum -a 256; } <"$lock" | cut -d ' ' -f 1; }

is_ready() { [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; }

is_supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; }

find_python() {
    local name
    for name in python3.11 python3.12 python3 python; do
        if command -v "$name" >/dev/null && is_supported "$name"; then
            command -v "$name"
            return
        fi
    done
    fail "no Python 3.11 or 3.12 on PATH: install one, or run 'conda env create -f environment.yml'"
}

# Prints what in the conda environment differs from the lock; nothing when all fits.
conda_difference() {
    "$CONDA_PREFIX/bin/python" - "$lock" <<'PYTHON' 2>/dev/null || echo "it has no Python 3.11 or 3.12 with the lock's packages"
import re, sys
from importlib.metadata import PackageNotFoundError, version
from packaging.requirements import Requirement

if not (3, 11) <= sys.version_info[:2] < (3, 13):
    sys.exit(1)
for line in open(sys.argv[1], encoding="utf-8"):
    if not re.match(r"[A-Za-z0-9]", line):
        continue
    wanted = Requirement(line.rstrip(" \\\n"))
    if wanted.marker is not None and not wanted.marker.evaluate():
        continue
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        found = None
    if found is None or not wanted.specifier.contains(found, prereleases=True):
        print(f"the lock wants {wanted.name}{wanted.specifier}, it has {found or 'none'}")
        break
PYTHON
}

use_conda() {
    local difference
    [ -n "${CONDA_PREFIX:-}" ] || return 1
    difference=$(conda_difference)
    if [ -n "$difference" ]; then
        # `base` is activated by itself in many shells: nobody asked for it to be used.
        [ "${CONDA_DEFAULT_ENV:-}" = base ] || say "the conda environment $CONDA_PREFIX is left aside: $difference"
        return 1
    fi
    say "conda environment $CONDA_PREFIX satisfies requirements.lock, nothing to install"
}

# One set-up at a time: the lock belongs to file descriptor 9 and goes with this process and its children.
wait_for_turn() {
    { exec 9>"$root/.venv.lock"; } 2>/dev/null || fail "cannot write in $root: make it writable, or copy the project to a folder that is"
    "$1" - <<'PYTHON'
import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    print("environment: another set-up is running here, waiting for it", file=sys.stderr, flush=True)
    fcntl.flock(9, fcntl.LOCK_EX)
PYTHON
}

choose_cache() {
    local usual=${UV_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/uv}
    if [ "$usual" != /.cache/uv ] && mkdir -p "$usual" 2>/dev/null && touch "$usual/.written" 2>/dev/null; then
        export UV_CACHE_DIR=$usual
    else
        export UV_CACHE_DIR=$root/.venv.cache # no home folder, or a read-only one
    fi
}

# Many institutions add their own certificate authority to the system's list; uv's built-in list lacks it.
trust_the_system() {
    local list
    for list in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
        [ ! -s "$list" ] || export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}
    done
}

# Sets uv: the one in .venv, else a fresh one with the lock's version and hashes, else the user's own.
find_uv() {
    local python=$1
    uv=$venv/bin/uv
    ! "$uv" --version >/dev/null 2>&1 || return 0
    uv=$bootstrap/bin/uv
    rm -rf "$bootstrap"
    mkdir "$bootstrap"
    awk '/^uv==/ { print; on = 1; next } on && /^    --hash/ { print; next } { on = 0 }' "$lock" >"$bootstrap/uv.txt"
    say "fetching uv"
    if ! output=$("$python" -m pip install --quiet --no-input --no-cache-dir --disable-pip-version-check --no-deps \
        --only-binary :all: --require-hashes --target "$bootstrap" -r "$bootstrap/uv.txt" 2>&1); then
        uv=$(command -v uv) || explain "uv could not be installed with $python -m pip"
    fi
}

# Ends with one line that names the likeliest cause found in what the tools said.
explain() {
    case $output in
    *"No space left"* | *"os error 28"* | *"Disk quota"* | *"os error 122"*)
        fail "the disk is full: about 7 GB are needed in $root and ${UV_CACHE_DIR}; free some and run again" ;;
    *"No module named pip"*)
        fail "$python has no pip: install it (Debian: apt-get install python3-pip) or uv, and run again" ;;
    *"ash mismatch"* | *"DO NOT MATCH THE HASHES"*)
        fail "a package that was served is not the one in requirements.lock; nothing was installed from it: $(last_line)" ;;
    *"dns error"* | *"onnect"* | *"resolve"* | *"timed out"* | *"etwork"* | *"sending request"* | *"No matching distribution"* | *"Failed to fetch"*)
        fail "no package index could be reached ($(last_line)): check the network and run again; what was fetched is kept" ;;
    esac
    printf '%s\n' "$output" >&2
    fail "$1; see the lines above"
}

last_line() { printf '%s\n' "$output" | sed -n 's/^[[:space:]]*//; /./h; ${g;p;}'; }

# Runs uv; passes on the lines that show progress, and keeps everything for explain.
run_uv() {
    output=$(cd "$root" && "$uv" "$@" 2>&1 |
        tee >(grep --line-buffered -E '^ *(Downloading|Downloaded|Prepared|Installed) ' >&2)) || explain "uv $1 failed"
}

# Not sound: cut short while installing (uv takes a half-copied package for a whole one), made with another
# Python, or moved here from elsewhere (its scripts name the old place).
is_sound() {
    [ ! -e "$venv/.installing" ] && is_supported "$venv/bin/python" && grep -qF "$venv" "$venv/bin/activate" 2>/dev/null
}

set_up() {
    python=$(find_python)
    wait_for_turn "$python"
    ! is_ready || return 0 # somebody else has just done it
    trap 'rm -rf "$bootstrap"' EXIT
    choose_cache
    trust_the_system
    rm -f "$stamp"
    is_sound || rm -rf "$venv"
    find_uv "$python"
    say "installing requirements.lock into .venv (the first time: about 3 GB to fetch, some minutes)"
    [ -d "$venv" ] || run_uv venv --quiet --no-python-downloads --python "$python" "$venv"
    touch "$venv/.installing"
    # Where Python is told to write no bytecode (images often do), each start would compile all that it imports anew.
    [ -z "${PYTHONDONTWRITEBYTECODE:-}" ] || export UV_COMPILE_BYTECODE=1
    run_uv pip sync --require-hashes --no-build --python "$venv/bin/python" "$lock"
    printf '%s\n' "$wanted" >"$stamp.new"
    rm "$venv/.installing"
    mv "$stamp.new" "$stamp"
    rm -rf "$root/.venv.cache"
    say "ready"
}

if use_conda; then
    printf '%s\n' "$CONDA_PREFIX"
    exit 0
fi
[ -r "$lock" ] || fail "$lock is missing: it lists the versions to install; restore it with git checkout"
wanted="$(digest) $root"
if is_ready; then
    say ".venv matches requirements.lock, nothing to install"
else
    set_up
fi
printf '%s\n' "$venv"
