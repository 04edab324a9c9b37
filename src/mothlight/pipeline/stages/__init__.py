"""The stages. Each is called with a batch in one state and gives the batch in the next.

To add one: a file here, a line in `run.Pipeline`; if it hands on something new, a state in `states`. It must be able to
run twice on the same batch with the same outcome: time comes from the receipt, never from the clock.
"""
