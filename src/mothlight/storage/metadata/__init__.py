"""Relational metadata in SQLite or PostgreSQL, through SQLAlchemy core."""
