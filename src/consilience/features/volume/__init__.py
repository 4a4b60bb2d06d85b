"""Volume-weighted and volume-signed measures."""
