"""Findings in, files out: the page, the tables, the graphs."""
