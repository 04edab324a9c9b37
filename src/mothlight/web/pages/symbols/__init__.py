"""Symbol sets, what waits for them, and what they repaired."""
