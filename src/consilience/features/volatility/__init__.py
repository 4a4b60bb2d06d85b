"""Ranges and dispersion."""
