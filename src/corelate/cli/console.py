"""Where commands print: results on standard output, messages and progress on standard error."""

from rich.console import Console

console = Console(soft_wrap=True, highlight=False)
error_console = Console(stderr=True, soft_wrap=True, highlight=False)
