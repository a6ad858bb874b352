"""Shared by image workloads: networks, their sizes, views, JPEG decoding."""
