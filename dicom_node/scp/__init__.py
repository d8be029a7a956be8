"""Everything that listens: association policy, C-STORE, C-ECHO."""
