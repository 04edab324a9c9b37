"""What every test may use: databases, event stores and the cast."""

pytest_plugins = [
    "tests.support.databases",
    "tests.support.event_stores",
    "tests.support.cast",
    "tests.support.symbols",
]
