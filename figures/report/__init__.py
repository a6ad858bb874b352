"""The report, written as LaTeX from the results: python -m figures.report."""
