"""Layer 3: which symbols may be traded in a slice."""
