"""The wire formats, one file each.

To add one: a class like `V0` in a file of its own, its line in `DIALECTS`, its paths in `web/intake/endpoints.py`,
and captured requests in `tests/golden/wire/`.
"""

from typing import Any

from mothlight.web.intake.dialects.interface import Dialect
from mothlight.web.intake.dialects.v0 import V0
from mothlight.web.intake.dialects.v1 import V1

DIALECTS: dict[str, Dialect[Any]] = {"v0": V0(), "v1": V1()}
"""By the name that `endpoints.py` uses."""
