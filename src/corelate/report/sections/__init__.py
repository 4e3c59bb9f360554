"""The parts of a run's page, one module each; ``content`` returns the HTML of one."""
