"""Commands that only read the store."""
