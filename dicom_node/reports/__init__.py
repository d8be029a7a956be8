"""Structured Report and key image, and the check that nothing wrong leaves the node."""
