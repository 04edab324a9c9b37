"""The table shows what was measured, and marks the goals that were missed."""

from pathlib import Path

import msgspec
import pytest

from bench.ingest import Ingest
from bench.limits import Limits
from bench.load import Sent, percentile
from bench.queries import QUESTIONS, Latency
from bench.report import FIGURE_MARKS, GOALS, Figures, Machine, Size, table, write_into


def figures(events: int = 1_000_000, p95: float = 30.0, rate: float = 12_000.0) -> Figures:
    sent = Sent(
        600_000, 12_000, {"200": 12_000}, 50.0, 5.0, {"p50": 4.0, "p95": 6.0, "p99": 9.0, "max": 20.0}, [12_000]
    )
    ingest = Ingest(sent, rate, rate, 0, 0.4, 0.1, 0, 45.0, 500 * 2**20)
    return Figures(
        version="0.1.0",
        measured_at="2026-04-24T12:00:00+00:00",
        machine=Machine("A processor", 2, 24.0, "Linux 6", "3.11.7", 0.1),
        stacks=1_000,
        limits=Limits(*[100_000.0] * 8),
        batches=ingest,
        singles=ingest,
        idle_memory_bytes=300 * 2**20,
        size=Size(events, 100.0, events * 200, 600 * 2**20, 700 * 2**20, 1.2, 1.4),
        latencies_ms={name: Latency(20.0, p95, 21.0, 60) for name in QUESTIONS},
    )


def row(text: str, what: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {what} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_goal_has_a_row_with_its_figure() -> None:
    text = table([figures()])

    assert all(len(row(text, goal.what)) == 3 for goal in GOALS)
    assert row(text, "issue list, 7 days, p95") == ["issue list, 7 days, p95", "≤ 40 ms", "30"]


@pytest.mark.parametrize(
    ("measured", "shown"),
    [(figures(), "12,000"), (figures(rate=9_999.0), "9,999 ✗"), (figures(rate=10_000.0), "10,000")],
)
def test_a_missed_goal_is_marked(measured: Figures, shown: str) -> None:
    assert row(table([measured]), "accepted and queryable, batches of 50")[2] == shown


def test_goals_follow_the_number_of_events_and_each_run_has_a_column() -> None:
    text = table([figures(p95=50.0), figures(events=10_000_000, p95=50.0), figures(events=50_000_000, p95=50.0)])

    assert row(text, "issue list, 7 days, p95")[1:] == ["≤ 40 ms, ≤ 150 ms, –", "50 ✗", "50", "50"]


def test_figures_survive_being_written_as_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(figures()), type=Figures) == figures()


def test_writing_into_a_page_replaces_the_old_figures_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{FIGURE_MARKS[0]}\nold\n{FIGURE_MARKS[1]}\nafter\n")

    write_into(page, table([figures()]), FIGURE_MARKS)
    write_into(page, table([figures()]), FIGURE_MARKS)

    text = page.read_text()
    assert text.startswith(f"before\n{FIGURE_MARKS[0]}\n")
    assert text.endswith(f"{FIGURE_MARKS[1]}\nafter\n")
    assert "old" not in text
    assert text.count("issue list, 7 days, p95") == 1


def test_a_page_without_a_place_for_figures_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("nothing here\n")

    with pytest.raises(SystemExit, match="no place for figures"):
        write_into(page, table([figures()]), FIGURE_MARKS)

    assert page.read_text() == "nothing here\n"


@pytest.mark.parametrize(
    ("values", "share", "expected"), [([], 0.5, 0), ([1.0, 2.0, 3.0], 0.5, 2.0), ([1.0, 2.0], 1.0, 2.0)]
)
def test_a_percentile_is_one_of_the_values(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected
