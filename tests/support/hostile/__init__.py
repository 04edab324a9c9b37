"""Makes input that nobody meant: one generator for the property tests, the long run and the seeds of fuzzing.

Everything is drawn from a `random.Random`: Hypothesis gives one that it can replay and shrink, the long run a seeded
one.
"""
