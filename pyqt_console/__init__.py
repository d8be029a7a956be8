"""The radiologists' console: a desktop program that speaks HTTP to a node, and nothing else."""
