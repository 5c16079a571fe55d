"""Channel attention: one gate for each channel of the map. One file per paper."""
