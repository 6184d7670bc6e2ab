"""Pairs in, proposed groups out: null model, layers, communities."""
