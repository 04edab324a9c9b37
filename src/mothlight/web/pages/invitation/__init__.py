"""What a link of an admin opens."""
