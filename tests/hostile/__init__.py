"""Hostile input against the whole application: whatever comes in, it answers, and what it accepted is accounted for.

`test_*.py` are bounded and run with all tests; `python -m tests.hostile` is the long run (`make hostile`).
"""
