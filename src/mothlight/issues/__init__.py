"""Decisions about issues: which one an event belongs to, when one begins or comes back, and changes by people."""
