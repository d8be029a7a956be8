"""Everything that calls out: C-STORE, C-ECHO, C-FIND, C-MOVE, …; retryable or permanent."""
