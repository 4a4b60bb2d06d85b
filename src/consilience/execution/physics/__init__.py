"""Small models of the market, one per file, chosen by name in the configuration; listed in ``execution.catalog``."""
