"""Rules: what a project wants done with events that meet some filters (api 3.6, pipeline 6).

`kinds` has the five kinds, `read` checks filters, `evaluate` runs them on an event of the pipeline, `sql` is the same
about stored events; `tests/contract/test_rules_sql.py` compares the two.
"""
