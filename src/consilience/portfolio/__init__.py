"""Positions, the ledger, round trips and performance: exact integers up to the report."""
