"""How long property tests against a whole server look for counterexamples."""

from hypothesis import HealthCheck, settings


def bounded(examples: int) -> settings:
    """Settings for so many examples; what fails is shrunk and printed so that it can be replayed."""
    return settings(deadline=None, max_examples=examples, suppress_health_check=list(HealthCheck), print_blob=True)
