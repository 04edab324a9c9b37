"""Coverage-guided fuzzing of what takes hostile bytes apart: `python -m tests.fuzz`, or `make fuzz`.

To add a target: a function in `targets.py` and its line in `TARGETS`, and some small seeds in `corpus/<name>/`.
"""
