"""The command line. One file for each group of commands; heavy imports stay inside the commands, so help is quick."""
