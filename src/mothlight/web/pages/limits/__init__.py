"""Limits of a project."""
