"""Only the command line and the settings read the environment."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "mothlight"
READERS = {"settings.py", "cli"}


def _reads_environment(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in node.names}
    return not {"environ", "environb", "getenv"}.isdisjoint(named | imported)


def test_nothing_below_bootstrap_reads_the_environment():
    readers = {path.relative_to(SOURCE).parts[0] for path in sorted(SOURCE.rglob("*.py")) if _reads_environment(path)}

    assert readers == READERS
