"""Paths of the repository and of the studies that come with it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STUDIES = ROOT / "experiments" / "studies"
