"""Real processes: the server as users start it, and the programs that released SDK packages run in."""

import pytest

# Their assertions are the tests' own and shall say as much when they fail.
pytest.register_assert_rewrite(*(f"{__name__}.{helper}" for helper in ("client", "reported", "server")))
