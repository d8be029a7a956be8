"""A procedural cervical spine CT, for demonstrations, tests and a first training."""
