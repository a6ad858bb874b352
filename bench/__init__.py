"""What codistillation costs, as ratios of things run in turn on one thread: python -m bench, or make bench."""
