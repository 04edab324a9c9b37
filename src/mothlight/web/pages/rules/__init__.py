"""What is done with events of some kind, and what it would have done."""
