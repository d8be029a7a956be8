"""What an administrator changes while the node runs: each with its entry, and how to undo it."""
