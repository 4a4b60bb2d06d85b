"""Trading calendars as arrays."""
