"""The outbox: every result to every destination, once, with back-off until accepted."""
