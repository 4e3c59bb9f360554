"""The parts of the page that compares runs, one module each; ``content`` returns the HTML of one."""
