"""Layer 4: the slice step, the one room that knows the stage order; the venue step; replay."""
