"""Universe filters, one per file: what a symbol must be to be looked at further; listed in ``universe.catalog``."""
