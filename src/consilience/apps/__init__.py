"""What people start: the command line, and the wiring that hands concrete adapters to everything below."""
