"""Turn a command line into runs: composition, sweeps on cores or Slurm, and reports."""
