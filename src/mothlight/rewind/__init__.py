"""Applies rules to stored events, in the background (`docs/rules.md`).

`applications` takes one after the other, `moves` changes the grouping keys of events, `assignments` gives issues away,
`figures` keeps first sightings and environments in step. Taking back is `issues.applied_rules`.
"""
