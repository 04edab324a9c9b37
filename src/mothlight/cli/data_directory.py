"""The data directory, before anything in it is opened."""

import os
from pathlib import Path

from mothlight.model.errors import Misconfigured


def prepare_directory(data_dir: Path) -> None:
    """Make the data directory, for its owner alone, if it is missing.

    Raises:
        Misconfigured: it cannot be made, or cannot be written to.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise Misconfigured(f"cannot create the data directory {data_dir}: {problem.strerror}") from problem
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise Misconfigured(f"the data directory {data_dir} is not writable for this user")
