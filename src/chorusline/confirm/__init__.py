"""Groups and held-out uses in, evidence out: synchrony, content, error control."""
