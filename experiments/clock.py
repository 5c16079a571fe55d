"""The time as records write it. Floor 0."""

from datetime import UTC, datetime


def now() -> str:
    """UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
