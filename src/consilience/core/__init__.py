"""Layer 0: ids, codes, units, time, errors, instruments, schemas and ports. Imports nothing of ours."""
