"""Tests of the attention library, one file for each of its files."""
