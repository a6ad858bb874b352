"""Figures of Anil et al. (arXiv 1804.03235)."""
