"""Reports of a run: HTML page, JSON document, terminal tables, and comparisons of several runs."""
