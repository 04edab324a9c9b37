"""Ways to keep a journal. Only `bootstrap` imports them."""
