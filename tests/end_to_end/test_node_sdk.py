"""Programs under the released Node.js SDK: what they throw shows in the API within two seconds, as it happened."""

from pathlib import Path

from .client import Client
from .reported import (
    Call,
    Finished,
    Raised,
    check_context_lines,
    check_description,
    check_exceptions,
    find_reported,
    run_program,
)


def shop(function: str, statement: str) -> Call:
    return Call("shop.mjs", function, statement, "shop")


THROWS_RANGE_ERROR = shop("readStock", "throw new RangeError(`nothing on the shelf for order ${order}`);")
THROWS_INVENTORY_ERROR = shop(
    "reserve", "throw new InventoryError(`could not reserve order ${order}`, { cause: error });"
)
READS_STOCK = shop("reserve", "return readStock(order);")


def reserving(*callers: Call, library_frames: str) -> list[Raised]:
    """What `reserve` throws when these call it, and its cause."""
    return [
        Raised("InventoryError", "could not reserve order ORDER", (*callers, THROWS_INVENTORY_ERROR), library_frames),
        Raised(
            "RangeError",
            "nothing on the shelf for order ORDER",
            (*callers, READS_STOCK, THROWS_RANGE_ERROR),
            library_frames,
        ),
    ]


def check(client: Client, finished: Finished, raised: list[Raised], mechanism: dict[str, object]) -> None:
    """The issue, the event, the exceptions, the frames and the lines around them are the program's."""
    issue, event = find_reported(client, finished)

    assert issue["name"] == raised[0].type
    check_description(issue, raised[0])
    assert issue["library"] == "posthog-node"
    assert issue["aggregations"]["occurrences"] == 1
    assert event["properties"]["$exception_types"] == [each.type for each in raised]
    assert mechanism.items() <= event["properties"]["$exception_list"][0]["mechanism"].items()
    check_exceptions(event, raised, finished.order)
    check_context_lines(client, issue, raised, finished.order)


def test_a_captured_error_shows_with_its_cause(client: Client, node: list[str], tmp_path: Path) -> None:
    finished = run_program(node, "captured.mjs", client, tmp_path)

    assert finished.exit_code == 0
    callers = (
        Call("captured.mjs", "?", "main();", "captured"),
        Call("captured.mjs", "main", "reserve(process.env.SHOP_ORDER);", "captured"),
    )
    check(client, finished, reserving(*callers, library_frames="node:"), {"type": "generic", "handled": True})


def test_an_uncaught_error_shows_as_unhandled(client: Client, node: list[str], tmp_path: Path) -> None:
    finished = run_program(node, "uncaught.mjs", client, tmp_path)

    assert finished.exit_code != 0
    tick = Call("uncaught.mjs", "Timeout.tick [as _onTimeout]", "readStock(process.env.SHOP_ORDER);", "uncaught")
    thrown = Raised("RangeError", "nothing on the shelf for order ORDER", (tick, THROWS_RANGE_ERROR), "node:")
    check(client, finished, [thrown], {"type": "onuncaughtexception", "handled": False})


def test_an_unhandled_rejection_shows_as_unhandled(client: Client, node: list[str], tmp_path: Path) -> None:
    finished = run_program(node, "rejected.mjs", client, tmp_path)

    assert finished.exit_code != 0
    ship = Call("rejected.mjs", "ship", "throw new TypeError(`no address for order ${order}`);", "rejected")
    thrown = Raised("TypeError", "no address for order ORDER", (ship,))
    check(client, finished, [thrown], {"type": "onunhandledrejection", "handled": False})


def test_an_error_in_an_express_handler_shows_with_its_request(client: Client, node: list[str], tmp_path: Path) -> None:
    finished = run_program(node, "express_app.mjs", client, tmp_path)

    assert finished.output.endswith("500\n")
    handler = Call("express_app.mjs", "reserveOrder", "response.send(reserve(request.params.order));", "express_app")
    check(client, finished, reserving(handler, library_frames="node_modules"), {"type": "middleware", "handled": False})
    _, event = find_reported(client, finished)
    assert event["properties"]["$current_url"] == f"/reserve/{finished.order}"
