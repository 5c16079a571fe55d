"""Engines: where runs are executed. Today there is one, with processes of this machine."""
