"""Layer 3: how orders meet the market. Order rules, venue physics and execution algorithms."""
