"""Claim a queued series, run the model in a process of its own, record what it said."""
