"""Programs under the released Python SDK: what they raise shows in the API within two seconds, as it happened."""

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

REDACTED = "$$_posthog_redacted_based_on_masking_rules_$$"


def shop(function: str, statement: str) -> Call:
    return Call("shop.py", function, statement, "shop")


def main(program: str, function: str, statement: str) -> Call:
    return Call(program, function, statement, "__main__")


CHECKOUT_FAILS = shop("checkout", 'raise CheckoutError(f"order {order} failed in attempt {attempt}") from declined')
DECLINED = Raised(
    "PaymentDeclined",
    "card was declined for order ORDER",
    (
        shop("checkout", "return charge(order, amount)"),
        shop("charge", 'raise PaymentDeclined(f"card was declined for order {order}")'),
    ),
)
CAPTURED = [
    Raised(
        "CheckoutError",
        "order ORDER failed in attempt 1",
        (main("captured.py", "<module>", 'shop.checkout(os.environ["SHOP_ORDER"], 250)'), CHECKOUT_FAILS),
    ),
    DECLINED,
]
UNCAUGHT = (
    main("uncaught.py", "<module>", 'pick(os.environ["SHOP_ORDER"])'),
    main("uncaught.py", "pick", 'return shelf[f"B-2 of order {order}"]'),
)


def check(client: Client, finished: Finished, raised: list[Raised], mechanism: dict[str, object]) -> None:
    """The issue, the event, the exceptions, the frames and the lines around them are the program's."""
    issue, event = find_reported(client, finished)

    assert issue["name"] == raised[0].type
    check_description(issue, raised[0])
    assert issue["library"] == "posthog-python"
    assert issue["aggregations"]["occurrences"] == 1
    assert event["properties"]["$exception_types"] == [each.type for each in raised]
    assert event["properties"]["$lib"] == "posthog-python"
    assert mechanism.items() <= event["properties"]["$exception_list"][0]["mechanism"].items()
    check_exceptions(event, raised, finished.order)
    check_context_lines(client, issue, raised, finished.order)


def test_a_captured_exception_shows_with_its_cause(client: Client, python_7: list[str], tmp_path: Path) -> None:
    finished = run_program(python_7, "captured.py", client, tmp_path)

    assert finished.exit_code == 0
    check(client, finished, CAPTURED, {"type": "generic", "handled": True})


def test_an_old_sdk_that_sends_the_root_cause_first_shows_it_last(
    client: Client, python_3: list[str], tmp_path: Path
) -> None:
    finished = run_program(python_3, "captured.py", client, tmp_path)

    assert finished.exit_code == 0
    check(client, finished, CAPTURED, {"type": "generic", "handled": True})


def test_an_uncaught_exception_shows_as_unhandled(client: Client, python_7: list[str], tmp_path: Path) -> None:
    finished = run_program(python_7, "uncaught.py", client, tmp_path)

    assert finished.exit_code == 1
    raised = Raised("KeyError", "'B-2 of order ORDER'", UNCAUGHT)
    check(client, finished, [raised], {"type": "onuncaughtexception", "handled": False})


def test_an_uncaught_exception_of_an_old_sdk_shows(client: Client, python_3: list[str], tmp_path: Path) -> None:
    finished = run_program(python_3, "uncaught.py", client, tmp_path)

    assert finished.exit_code == 1
    check(client, finished, [Raised("KeyError", "'B-2 of order ORDER'", UNCAUGHT)], {"type": "generic"})


def test_local_variables_show_on_their_frames_and_secret_ones_masked(
    client: Client, python_7: list[str], tmp_path: Path
) -> None:
    finished = run_program(python_7, "code_variables.py", client, tmp_path)

    assert finished.exit_code == 0
    statements = {"main": "refund(order, 80)", "refund": "return amount / len(password[:0]) if order else None"}
    calls = tuple(main("code_variables.py", function, statement) for function, statement in statements.items())
    check(client, finished, [Raised("ZeroDivisionError", "refund of order ORDER failed", calls)], {"handled": True})
    _, event = find_reported(client, finished)
    crash_site = event["properties"]["$exception_list"][0]["stacktrace"]["frames"][-1]
    assert crash_site["code_variables"] == {"amount": 80, "order": finished.order, "password": REDACTED}


def test_an_error_in_a_flask_view_shows_with_its_request(client: Client, python_7: list[str], tmp_path: Path) -> None:
    finished = run_program(python_7, "flask_app.py", client, tmp_path)

    assert finished.output.endswith("500\n")
    view = main("flask_app.py", "pay", "return str(shop.checkout(order, 500))")
    failed = Raised("CheckoutError", "order ORDER failed in attempt 1", (view, CHECKOUT_FAILS), library_frames="flask/")
    check(client, finished, [failed, DECLINED], {"type": "middleware", "handled": False})
    _, event = find_reported(client, finished)
    assert event["distinct_id"] == "user-lin"
    assert event["properties"]["$session_id"] == "0196b7a9-77aa-7d40-a6f7-5a0c2d3e4f50"
    assert event["properties"]["$current_url"] == f"http://localhost/pay/{finished.order}"
