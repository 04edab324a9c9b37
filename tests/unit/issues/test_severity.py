"""The severity of a new issue."""

import pytest

from mothlight.issues.severity import infer_severity, read_severity


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("low", "low"),
        ("HIGH", "high"),
        ("Medium", "medium"),
        ("critical", "critical"),
        ("urgent", None),
        (3, None),
        (None, None),
    ],
)
def test_reads_a_severity_in_any_letter_case(sent, read):
    assert read_severity(sent) == read


@pytest.mark.parametrize(
    ("level", "handled", "severity"),
    [
        ("fatal", None, "critical"),
        ("CRITICAL", True, "critical"),
        ("warning", False, "medium"),
        ("warn", None, "medium"),
        ("info", None, "low"),
        ("log", None, "low"),
        ("debug", None, "low"),
        ("Trace", None, "low"),
        ("error", True, "medium"),
        ("error", False, "high"),
        ("error", None, None),
        ("error", "yes", None),
        ("verbose", True, None),
        (None, False, None),
        (5, False, None),
    ],
)
def test_infers_a_severity_from_the_level(level, handled, severity):
    assert infer_severity(level, handled) == severity
