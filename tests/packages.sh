#!/usr/bin/env bash
# Debian packages that some tests use: a browser, TeX, a reader of PDF files and SLURM. Without them these
# tests are skipped, each with its reason.
#
#   bash tests/packages.sh       as root on Debian or Ubuntu; elsewhere it says what is missing and ends well
set -uo pipefail

packages=(chromium poppler-utils slurm-wlm texlive-latex-base texlive-latex-recommended texlive-science)
needed=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || needed+=("$package")
done
if [ ${#needed[@]} -eq 0 ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "packages: ${needed[*]} are not installed; tests that need them are skipped" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
echo "packages: installing ${needed[*]}" >&2
{ timeout 120 apt-get update --quiet=2 && timeout 400 apt-get install --yes --quiet=2 --no-install-recommends "${needed[@]}"; } \
    >/dev/null 2>&1 || echo "packages: the installation failed; tests that need them are skipped" >&2
