"""Pictures that explain: losses, labels, attention, graphs, predictions and figures, each drawn and as data."""
