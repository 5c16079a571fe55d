#!/usr/bin/env bash
# From a bare machine to a report: sets up, trains, searches, analyses.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: bash run_all.sh [STUDY] [OPTION ...]

Sets up the environment, trains and searches what STUDY plans and the store does not hold yet, writes the
report, and prints its path last. Stopped at any moment, the same command goes on where it was.

  STUDY          a study's name (quick when left out; `python -m experiments list studies` shows all) or a YAML file
  --store PATH   where every run is kept (ABLATION_STORE, or else runs/ beside this file)
  --help         this text
  OPTION         anything else goes to `python -m experiments run`, for example --set recipe.epochs=3
TEXT
}

# A signal to this shell goes on to the command at work, which saves its runs; the shell waits for that.
child=
stopped= # the exit code, once there was a signal
forward() {
    stopped=$((128 + $(kill -l "$1")))
    [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null || true
}
for name in INT TERM HUP; do
    # shellcheck disable=SC2064
    trap "forward $name" "$name"
done

# Runs a command and returns its exit code; after a signal nothing more is started.
attend() {
    [ -z "$stopped" ] || exit "$stopped"
    (trap - INT && exec "$@") & # a background command would ignore Ctrl-C
    child=$!
    [ -z "$stopped" ] || kill -s TERM "$child" 2>/dev/null || true
    while kill -0 "$child" 2>/dev/null; do wait "$child" || true; done # a signal ends `wait` before the command
    local code=0
    wait "$child" || code=$?
    child=
    return "$code"
}

absolute() { case $1 in /*) printf '%s\n' "$1" ;; *) printf '%s/%s\n' "$PWD" "$1" ;; esac; }

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
study=quick
store=${ABLATION_STORE:-$root/runs}
options=()
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    study=$1
    shift
fi
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --store=*) store=${1#--store=} ;;
    --store)
        [ $# -gt 1 ] || { echo "run_all.sh: --store needs a folder" >&2 && exit 2; }
        store=$2
        shift
        ;;
    *) options+=("$1") ;;
    esac
    shift
done
store=$(absolute "$store")
[ ! -f "$study" ] || study=$(absolute "$study")

# shellcheck source=environment.sh
source "$root/environment.sh"
cd "$root" # `python -m` finds the packages here
status=0
attend python -m experiments run "$study" --store "$store" ${options[@]+"${options[@]}"} || status=$?
[ "$status" -le 1 ] || exit "$status" # 1: all was tried and something failed, which the report names
attend python -m analysis report "$study" --store "$store"
attend python -m experiments where "$study" --store "$store"
exit "$status"
