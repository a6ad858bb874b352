"""Figures and tables of Sodhani et al., version 2 (arXiv 2010.02838v2)."""
