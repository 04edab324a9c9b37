"""The steps that bring a database to the schema of `tables.py`, one file each in `versions/`.

To add one: change `tables.py`, run `alembic -x url=sqlite:////tmp/scratch.db upgrade head` and then
`alembic -x url=sqlite:////tmp/scratch.db revision --autogenerate -m "what changes"`, read what it wrote,
set `LATEST_REVISION` in `../migrate.py`. The contract suite compares the outcome with `tables.py` on both engines.
"""
