"""What rules would have done to stored events (`docs/rules.md`): the questions behind previews, and behind applying."""
