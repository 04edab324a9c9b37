"""Loops that run beside the web server: draining the journal, and upkeep."""
