"""Decoder attention: two-input modules that gate what a decoder receives. One file per paper."""
