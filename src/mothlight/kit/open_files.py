"""How many files and connections the process may have open."""

import resource


def allow_most_open_files() -> int:
    """Raise the limit as far as the system lets us; returns it.

    Processes begin with 1,024 by default, for the sake of programs that we are none of.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
