"""Where a run looks for each tag."""
