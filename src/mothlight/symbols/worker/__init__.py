"""Processes that read hostile symbol data: they may crash, hang or eat memory, and are replaced when they do."""
