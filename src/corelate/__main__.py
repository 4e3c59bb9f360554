"""``python -m corelate`` is the command ``corelate``."""

from corelate.cli.main import main

main()
