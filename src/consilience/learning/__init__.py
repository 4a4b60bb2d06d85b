"""Layer 5: fitting. What is fitted enters the core as parameter events, with the time they were known."""
