"""Symbol sets: how their files come in, and how they go (api.md 3.4, pipeline.md 9.7)."""
