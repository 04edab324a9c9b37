"""Repair of the past: what was stored before its symbol sets arrived is read again with them (pipeline 9.7)."""
