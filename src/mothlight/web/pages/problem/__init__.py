"""The pages for what went wrong."""
