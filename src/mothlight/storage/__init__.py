"""Where things are kept: `metadata` (small, changes, exact) and `events` (large, append-only)."""
