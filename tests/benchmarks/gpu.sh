#!/usr/bin/env bash
# Check and measure the suite on a machine with a CUDA card, in under 8 minutes.
#
#   bash tests/benchmarks/gpu.sh [--cpu] [--only PART ...] [--device cuda:N]
#
#   --cpu            a rehearsal: every part with tiny sizes, on the CPU
#   PYTHON           the interpreter that has torch (default: python3); nothing is installed into it
#   ABLATION_WHEELS  a folder of wheels for what it lacks (default: .wheels/ beside this repository's README, if there)
#   OUT_FILE         the Markdown file to write (default: docs/benchmarks-gpu.md)
#   ABLATION_COMMIT  the commit to name in the report (default: the one of the git checkout, which may be another)
#
# The exit code is 1 if a part found a fault or could not finish; the other parts run all the same.
set -euo pipefail
python=${PYTHON:-python3}
[ "${python#*/}" = "$python" ] || python=$(cd "$(dirname -- "$python")" && pwd)/$(basename -- "$python")
[ -z "${OUT_FILE:-}" ] || [ "${OUT_FILE#/}" != "$OUT_FILE" ] || OUT_FILE=$PWD/$OUT_FILE
[ -z "${ABLATION_WHEELS:-}" ] || [ "${ABLATION_WHEELS#/}" != "$ABLATION_WHEELS" ] || ABLATION_WHEELS=$PWD/$ABLATION_WHEELS
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
wheels=${ABLATION_WHEELS:-$PWD/.wheels}

packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
if compgen -G "$wheels/*.whl" >/dev/null; then
    echo "unpacking $(find "$wheels" -name '*.whl' | wc -l) wheels of $wheels"
    if ! "$python" -m pip install --quiet --no-index --no-deps --no-compile --no-warn-script-location \
        --root-user-action ignore --target "$packages" "$wheels"/*.whl; then
        echo "pip could not install them; unpacking them as archives"
        for wheel in "$wheels"/*.whl; do "$python" -m zipfile -e "$wheel" "$packages"; done
        find "$packages" -path '*/bin/*' -type f -exec chmod +x {} + # an archive keeps no permissions
    fi
    export PYTHONPATH=$packages${PYTHONPATH:+:$PYTHONPATH}
else
    echo "no wheels in $wheels"
fi
export PYTHONDONTWRITEBYTECODE=1
OUT_FILE=${OUT_FILE:-docs/benchmarks-gpu.md} "$python" -m tests.benchmarks.gpu "$@"
