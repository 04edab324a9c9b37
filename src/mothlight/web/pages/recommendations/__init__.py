"""What to improve next."""
