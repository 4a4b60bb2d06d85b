"""Signal sources, one per file; listed in ``signals.catalog``."""
