"""Exports of platforms in, actions out: one file for each format."""
