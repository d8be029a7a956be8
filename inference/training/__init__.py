"""Fit, evaluate and export models: the command ``cspine-train``."""
