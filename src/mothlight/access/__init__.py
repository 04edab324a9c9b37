"""Who may do what: keys, tokens, passwords, scopes, and the directory of users, organizations and projects."""
