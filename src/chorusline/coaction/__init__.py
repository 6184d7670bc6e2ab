"""Uses in, weighted account pairs out."""
