"""What people talk to: pages rendered here, one folder each. Read `routes.py` first, then a page's folder."""
