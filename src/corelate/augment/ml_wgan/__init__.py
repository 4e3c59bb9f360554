"""ML-WGAN: a generator and a critic for each picture, trained on it alone, many pairs at once."""
