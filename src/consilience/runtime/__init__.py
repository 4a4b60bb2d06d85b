"""The shell round the engine: journal, order truth, the simulated broker, commands, supervision."""
