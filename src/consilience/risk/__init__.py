"""Layer 3: the last word. Rules give verdicts, sizers give sizes; the harshest verdict wins."""
