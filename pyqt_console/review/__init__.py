"""One study under a reader's eyes: what the machine says, and the reader's verdict on it."""
