"""The line at the bottom of every page, again and again."""
