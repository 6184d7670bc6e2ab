"""Evidence in, findings out: the ladder of what may be said."""
