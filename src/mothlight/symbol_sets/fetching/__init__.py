"""Fetches source maps of scripts that events name (pipeline.md 9.5), beside the pipeline and never in its way."""
