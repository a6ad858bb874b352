"""The report, written as LaTeX from results: python -m figures.report."""
