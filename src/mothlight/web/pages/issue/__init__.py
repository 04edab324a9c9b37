"""The page of one issue: what broke, since when, for whom, in which release; and all that can be done about it."""
