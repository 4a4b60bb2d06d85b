"""Market data made clean: quality gate, adjustment, sessions, slices. Arrays in, arrays out; no I/O, no clock."""
