"""The page that makes a project."""
