"""Windows, lags and crossings of any series."""
