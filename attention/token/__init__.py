"""Token attention: every position attends to other positions of the map. One file per paper."""
