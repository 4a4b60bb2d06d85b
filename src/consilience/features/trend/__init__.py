"""Averages and directional movement."""
