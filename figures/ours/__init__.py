"""Figures for our own questions."""
