"""Who hears about what: triggers and conditions, messages, and their way to the services that deliver them.

Issues announce (`issues/announce.py`); here it is decided which alerts that concerns, what they tell, and when.
"""
