"""Fusion: many opinions in, one score out, whose contributions sum to it exactly."""
