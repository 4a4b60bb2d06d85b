"""Sizers, one per file: how many lots a signal wants; listed in ``risk.catalog``."""
