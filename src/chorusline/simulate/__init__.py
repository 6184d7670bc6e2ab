"""Worlds with known answers: abstract event logs and a separate truth."""
