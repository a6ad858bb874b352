"""Figures of Sodhani et al., version 1 (arXiv 2010.02838v1)."""
