"""Alembic's environment and versions; run by :mod:`storage.database`, never by hand."""
