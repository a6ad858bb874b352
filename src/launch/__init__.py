"""From a command line to runs: composition, sweeps on cores or Slurm, and the commands that report on them."""
