"""The text that `python src/run.py --help` prints."""

HELP = """Codistillation: train n models that learn from each other. Sodhani et al., arXiv 2010.02838.

  python src/run.py -m sweep=fig2                          train every arm of a figure, seeds 1, 2, 3; resumes
  python src/run.py -m sweep=batch arm=batch_512 seed=7    train some arms (arm=a,b) and seeds (seed=1,2)
  python src/run.py sweep=regularization arm=codist_fixed seed=2     train one run
  python src/run.py plan sweep=fig2 scale=paper            print what a sweep would run, send and cost; trains nothing
  python src/run.py which sweep=fig2 scale=paper link=1Gb  compare codistillation and other methods over a slow link
  python src/run.py status sweep=fig2 scale=paper          print the status of runs, also of those submitted to Slurm
  python src/run.py verify                                 check that committed runs are complete and match the sweeps
  python src/run.py verify recipes=committed               also check them against the sweeps of the commits they name
  python src/run.py settings                               print n, batch, epochs, updates of all arms and scales as CSV
  python src/run.py repeat runs=3 pick=7                   retrain some committed runs here and compare
  python src/run.py -m sweep=batch lr.start=0.2 place.runs=runs/lr   set any option; it replaces the arm's value

Paths in overrides are relative to the current folder; the defaults runs/, data/ and paper/results/ are in the checkout.
Options: src/codist/config.py has their meanings and units; sweep=... arm=... --cfg job prints the values of an arm.
Sweeps: sweeps/sweep/*.yaml, each with its question and its arms.
Scales: sweeps/scale/*.yaml, described in docs/sweeps.md; the default is laptop.
Launchers: cores (this machine), those of slurm/*.yaml, and Hydra's own: hydra/launcher=...
Figures and verdicts: python -m figures --help, or make help.
"""
