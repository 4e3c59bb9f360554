"""How hard losses push a logit, by the probability that the network gives the label."""
