"""Answers made of several indicators: structure, convergence, breakouts, who trades."""
