"""The list of issues: what broke, how often, for whom."""
