"""Data that comes inside installed packages: the demo needs no network."""
