"""Figures that answer our own questions."""
