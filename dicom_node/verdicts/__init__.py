"""The reader's verdict: what was said, what follows from it, and how it leaves the node."""
