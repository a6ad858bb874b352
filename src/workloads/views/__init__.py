"""Synthetic images with several views of each class."""
