"""Channel and spatial attention combined: gates of channels and of positions. One file per paper."""
