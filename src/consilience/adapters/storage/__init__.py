"""Where data is kept on disk."""
