"""Control modules: placebos that test why an attention module helps. One file per control."""
