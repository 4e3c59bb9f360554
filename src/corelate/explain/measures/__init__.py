"""What a run measures, drawn: labels one by one, reliability, precision against recall, epochs."""
