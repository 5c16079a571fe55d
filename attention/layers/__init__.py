"""Building blocks that several attention modules share."""
