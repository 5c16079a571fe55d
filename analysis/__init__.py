"""Explains what was trained: verdicts, tables, figures and one report, from a store's records alone."""
