"""``python -m consilience`` is the command line."""

from consilience.apps.cli.main import main

main()
