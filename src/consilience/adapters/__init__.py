"""The outside world behind core ports: one folder per vendor, storage kind or bus. Adapters see core only."""
