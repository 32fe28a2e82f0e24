"""Customer states on the worker's own disk, so that they need not fit its memory and a restart reads a tail only."""
