"""Layer 3: signal sources and their fusion into one score with reasons."""
