"""Consilience: many independent signals in, one explained and risk-checked decision out."""

__version__ = "0.1.0"
