"""Checks and measurements on a CUDA card: `bash tests/benchmarks/gpu.sh`."""
