"""Reads and writes of the relational metadata, one file per subject. Every function takes the connection first."""
