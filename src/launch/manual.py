"""The text that `python src/run.py --help` prints."""

HELP = """Codistillation: train n models that learn from each other. Sodhani et al., arXiv 2010.02838.

  python src/run.py -m sweep=fig2                          every arm of a figure, seeds 1, 2, 3; resumes
  python src/run.py -m sweep=batch arm=batch_512 seed=7    some arms (a,b) and seeds (1,2)
  python src/run.py sweep=regularization arm=codist_fixed seed=2     one run
  python src/run.py plan sweep=fig2 scale=paper            what it would run, send and cost; trains nothing
  python src/run.py status sweep=fig2 scale=paper          the status of runs, also of those submitted to Slurm
  python src/run.py verify                                 check that shipped runs are complete and match the sweeps
  python src/run.py verify recipes=committed               and composed so by the commits that they name
  python src/run.py settings                               n, batch, epochs, updates of every arm at every scale, as CSV
  python src/run.py repeat runs=3 pick=7               retrain some shipped runs here and compare
  python src/run.py -m sweep=batch lr.start=0.2 place.runs=runs/lr   any option: overrides win over the arm

Paths in overrides are relative to the current folder; the defaults runs/, data/ and paper/results/ are in the checkout.
Options (meaning and units: src/codist/config.py) with their defaults at sweep=... scale=laptop: --cfg job
Sweeps: sweeps/sweep/*.yaml, each with its question and its arms. Scales: laptop (default),
glyphs_scarce, glyphs_plenty, gpu, paper.
Launchers: cores (this machine), those of slurm/*.yaml, Hydra's own: hydra/launcher=...
Figures and verdicts: python -m figures --help; or make help.
"""
