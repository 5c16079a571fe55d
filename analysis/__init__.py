"""Analyze a study: verdicts, tables, figures and one report, from the records of a run store alone."""
