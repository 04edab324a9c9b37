"""The one guard of everything that is sent out or fetched: which addresses may be connected to, and HTTP through it.

`guard.py` decides and connects, `client.py` speaks HTTP. What else opens connections asks `Guard.check` or
`Guard.connect`. Whoever uses them says what is allowed besides public addresses; nothing is read from the environment.
"""
