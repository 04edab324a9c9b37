"""Measures what the server does on this machine: intake, queries, memory, disk, start. `python -m bench --help`."""
