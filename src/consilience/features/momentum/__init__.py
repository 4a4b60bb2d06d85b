"""Oscillators and rates of change."""
