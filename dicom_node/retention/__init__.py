"""Deleting series: on request, and by age."""
