"""Everything that calls out: C-STORE and C-ECHO; retryable or permanent."""
