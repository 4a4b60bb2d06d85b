"""Across the symbols of one slice."""
