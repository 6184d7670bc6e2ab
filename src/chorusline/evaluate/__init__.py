"""Findings and truth in, scores out."""
