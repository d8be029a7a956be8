"""The list that says which study now, and why."""
