"""Durable records and files of the node: the only home of SQLAlchemy and Alembic."""
