"""Risk rules, one per file: how many lots of a wanted increase may pass; listed in ``risk.catalog``."""
