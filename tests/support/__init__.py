"""Measurements, data and processes shared by several tests."""
