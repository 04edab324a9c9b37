"""One event's way: from what the journal holds to a stored event that belongs to an issue.

`run` has the stages in order, `states` what they hand on, `stages/` one file for each.
"""
