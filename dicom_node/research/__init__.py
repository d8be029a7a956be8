"""Results for research: pseudonymised, one row a reading."""
