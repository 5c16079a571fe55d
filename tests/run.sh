#!/usr/bin/env bash
# Sets up, then ruff, mypy --strict and pytest.
#
#   bash tests/run.sh [--slow] [PYTEST OPTION ...]      --slow adds the tests that train for minutes
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

options=()
for argument in "$@"; do
    case $argument in
    --slow) options+=(-m "") ;; # pyproject.toml leaves the slow ones out
    *) options+=("$argument") ;;
    esac
done

step() {
    printf '\n== %s\n' "$*"
    "$@"
}

source ./environment.sh
step python -m ruff check .
step python -m ruff format --check .
step python -m mypy --strict user_error.py attention datasets experiments analysis tests
step python -m pytest --numprocesses "$(nproc)" ${options[@]+"${options[@]}"}
