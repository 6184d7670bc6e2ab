"""Actions in, uses out: one file for each behaviour that accounts can have in common."""
