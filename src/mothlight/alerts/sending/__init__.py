"""Hands messages to receivers: webhooks over our own client, services through apprise in a process of its own.

apprise opens connections itself, so it runs where connections, files and programs are guarded (`guarded.py`).
"""
