"""Light or dark."""
