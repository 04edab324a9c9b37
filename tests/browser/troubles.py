"""What goes wrong in a made-up shop: a month of exceptions as its SDKs would have sent them, the same every time.

To add one: a `Trouble` in `TROUBLES`.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

Json = dict[str, Any]

SEED = 20
RELEASES = ((30.0, "4.9.0"), (17.0, "4.10.1"), (8.0, "4.11.3"), (0.9, "4.12.0"))
"""Days ago that each was rolled out, and its version."""
BROWSERS = (("Chrome", "Windows", 156), ("Safari", "iOS", 26), ("Firefox", "Linux", 151), ("Edge", "Windows", 156))
PEOPLE = 400
LIBRARY = ("django/core/handlers/exception.py", "django/core/handlers/base.py", "shop/middleware/tracing.py")


@dataclass(frozen=True)
class Code:
    """A place in the shop's code: the failing line and those around it."""

    function: str
    file: str
    line: int
    before: Sequence[str] = ()
    text: str = ""
    after: Sequence[str] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trouble:
    """One thing that goes wrong."""

    type: str
    message: str
    code: Code
    events: int
    since: float
    """Days ago."""
    until: float = 0.0
    lib: str = "posthog-python"
    people: int = PEOPLE
    handled: bool = False
    level: str = "error"
    environments: Sequence[str] = ("production",)
    flag: str | None = None
    """A feature flag that all of them have on."""
    cause: "Trouble | None" = None
    steps: Sequence[str] = ()
    names_people: bool = True


GATEWAY = Trouble(
    "ReadTimeout",
    "HTTPSConnectionPool(host='cards.example', port=443): Read timed out. (read timeout=4.0)",
    Code(
        "send",
        "shop/payments/network.py",
        57,
        ("    def send(self, order, timeout):", "        body = self._sign(order)"),
        "        answer = self.session.post(self.url, json=body, timeout=timeout)",
        ("        answer.raise_for_status()", "        return Receipt.read(answer.json())"),
        {"timeout": 4.0, "self.url": "https://cards.example/v2/charges", "body": {"order": 88213, "amount": "119.90"}},
    ),
    0,
    0,
)

TROUBLES = (
    Trouble(
        "CheckoutError",
        "checkout failed for cart 88213: card network unreachable",
        Code(
            "charge_card",
            "shop/payments/gateway.py",
            118,
            (
                "    def charge_card(self, cart, card):",
                "        order = self.orders.reserve(cart)",
                "        try:",
                "            return self.network.send(order, timeout=self.timeout)",
                "        except NetworkError as error:",
            ),
            '            raise CheckoutError(f"checkout failed for cart {cart.id}: {error}") from error',
            ("        finally:", "            self.orders.release(order)"),
            {
                "cart": {"id": 88213, "lines": 3, "total": "119.90"},
                "card": "$$_posthog_redacted_based_on_masking_rules_$$",
                "order": "Order(id=88213, state='reserved')",
                "self.timeout": 4.0,
            },
        ),
        events=340,
        since=6,
        level="fatal",
        environments=("production", "production", "production", "staging"),
        flag="fast-timeouts",
        cause=GATEWAY,
        steps=("GET /cart", "cart 88213 loaded: 3 lines", "POST /checkout", "order 88213 reserved"),
    ),
    Trouble(
        "ConnectionError",
        "Error 111 connecting to redis:6379. Connection refused.",
        Code(
            "load_session",
            "shop/sessions/store.py",
            41,
            ("def load_session(key):",),
            '    raw = redis.get(f"session:{key}")',
            ("    return decode(raw) if raw else Session()",),
            {"key": "9f2c41d7"},
        ),
        events=520,
        since=0.4,
        level="fatal",
        environments=("production", "production", "staging"),
    ),
    Trouble(
        "TypeError",
        "Cannot read properties of undefined (reading 'currency')",
        Code("formatPrice", "https://shop.example/assets/cart.5b91e0.js", 1),
        events=260,
        since=3,
        lib="web",
        environments=("production", "production", "canary"),
        steps=("Opened /cart", "Clicked “Apply voucher”", "GET /api/cart/price 200", "Clicked “Pay”"),
        flag="new-price-display",
    ),
    Trouble(
        "KeyError",
        "'vat_rate'",
        Code(
            "line_total",
            "shop/pricing/tax.py",
            73,
            ("def line_total(line, country):", "    rates = RATES[country]"),
            '    return line.net * (1 + rates["vat_rate"])',
            (),
            {"country": "LV", "rates": {"vat": "0.21"}, "line": "Line(sku='FH-2210', net=Decimal('14.20'))"},
        ),
        events=131,
        since=0.6,
        people=120,
    ),
    Trouble(
        "ValidationError",
        "1 validation error for OrderIn: shipping.postcode should match pattern '^[0-9]{4,5}$'",
        Code(
            "create_order",
            "shop/api/orders.py",
            29,
            ("@router.post('/orders')", "def create_order(request):"),
            "    order = OrderIn.model_validate(request.json)",
            (),
            {"request": "<Request POST /orders>"},
        ),
        events=180,
        since=29,
        handled=True,
        level="warning",
    ),
    Trouble(
        "PrismaClientKnownRequestError",
        "Unique constraint failed on the fields: (`email`)",
        Code("createCustomer", "/srv/accounts/src/customers.ts", 61, (), "  return db.customer.create({ data });"),
        events=96,
        since=21,
        lib="posthog-node",
        handled=True,
    ),
    Trouble(
        "TimeoutError",
        "upstream search timed out after 3000 ms",
        Code(
            "queryIndex",
            "/srv/search/src/client.ts",
            88,
            (),
            '    throw new TimeoutError("upstream search timed out");',
        ),
        events=84,
        since=30,
        lib="posthog-node",
        environments=("production", "staging"),
    ),
    Trouble(
        "ChunkLoadError",
        "Loading chunk 417 failed. (error: https://shop.example/assets/417.8c1d.js)",
        Code("loadRoute", "https://shop.example/assets/main.8f3a1c.js", 1),
        events=140,
        since=28,
        lib="web",
    ),
    Trouble(
        "RangeError",
        "Maximum call stack size exceeded",
        Code("t.render", "https://shop.example/assets/main.8f3a1c.js", 1),
        events=17,
        since=2,
        lib="web",
        people=15,
    ),
    Trouble(
        "UnicodeDecodeError",
        "'utf-8' codec can't decode byte 0xe9 in position 14: invalid continuation byte",
        Code("parse_feed", "shop/suppliers/feed.py", 212, ("def parse_feed(raw):",), '    text = raw.decode("utf-8")'),
        events=26,
        since=30,
        handled=True,
        level="info",
        names_people=False,
    ),
    Trouble(
        "IntegrityError",
        'insert or update on table "stock_reservation" violates foreign key constraint "stock_reservation_sku_fkey"',
        Code("reserve", "shop/stock/reservations.py", 97, ("    with db.begin():",), "        db.add(reservation)"),
        events=38,
        since=12,
    ),
    Trouble(
        "OperationalError",
        "canceling statement due to statement timeout",
        Code("monthly_report", "shop/reports/monthly.py", 143, (), "    rows = db.execute(QUERY, month).all()"),
        events=12,
        since=24,
        names_people=False,
        environments=("batch",),
    ),
    Trouble(
        "MailRefused",
        "550 5.1.1 mailbox unavailable",
        Code("send_receipt", "shop/mail/receipts.py", 52, (), "        self.smtp.send_message(message)"),
        events=64,
        since=26,
        handled=True,
        level="warning",
    ),
    Trouble(
        "AssertionError",
        "price of FH-1180 is below its cost",
        Code(
            "check_margin",
            "shop/pricing/margins.py",
            18,
            (),
            "    assert price >= cost, f'price of {sku} is below its cost'",
        ),
        events=9,
        since=10,
        names_people=False,
        environments=("staging",),
    ),
    Trouble(
        "SyntaxError",
        "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
        Code("readJson", "https://shop.example/assets/api.77c0aa.js", 1),
        events=44,
        since=15,
        lib="web",
    ),
    Trouble(
        "PermissionError",
        "[Errno 13] Permission denied: '/var/exports/2026-11.csv'",
        Code("write_export", "shop/exports/csv.py", 33, (), '    with open(path, "w") as file:'),
        events=6,
        since=20,
        until=11,
        names_people=False,
        environments=("batch",),
    ),
    Trouble(
        "StripeRateLimited",
        "Too many requests: 429",
        Code("refund", "shop/payments/refunds.py", 74, (), "    return client.refunds.create(charge=charge)"),
        events=22,
        since=9,
        handled=True,
    ),
    Trouble(
        "AbortError",
        "The user aborted a request.",
        Code("request", "https://shop.example/assets/api.77c0aa.js", 1),
        events=58,
        since=25,
        lib="web",
        handled=True,
        level="info",
    ),
    Trouble(
        "ImageTooLarge",
        "image of 48 megapixels is larger than 24",
        Code("resize", "/srv/media/src/resize.ts", 40, (), "  if (pixels > MOST) throw new ImageTooLarge(pixels);"),
        events=19,
        since=18,
        lib="posthog-node",
    ),
    Trouble(
        "ZeroDivisionError",
        "division by zero",
        Code(
            "average_rating", "shop/reviews/ratings.py", 25, (), "    return sum(stars) / len(stars)", (), {"stars": []}
        ),
        events=15,
        since=5,
    ),
    Trouble(
        "LockNotAvailable",
        'could not obtain lock on row in relation "basket"',
        Code("add_line", "shop/basket/lines.py", 66, (), "    basket = query.with_for_update(nowait=True).one()"),
        events=47,
        since=14,
    ),
    Trouble(
        "UnhandledRejection",
        "Non-Error promise rejection captured with value: undefined",
        Code("(anonymous)", "https://shop.example/assets/vendor.c01d3f.js", 1),
        events=31,
        since=27,
        lib="web",
    ),
    Trouble(
        "ExpiredToken",
        "token expired 412 s ago",
        Code("current_user", "shop/api/auth.py", 47, (), "    raise ExpiredToken(f'token expired {age:.0f} s ago')"),
        events=73,
        since=30,
        handled=True,
        level="info",
    ),
    Trouble(
        "CurrencyMismatch",
        "cannot add EUR to SEK",
        Code(
            "__add__",
            "shop/pricing/money.py",
            31,
            (),
            "        raise CurrencyMismatch(f'cannot add {self} to {other}')",
        ),
        events=11,
        since=7,
    ),
    Trouble(
        "FeedUnreachable",
        "supplier feed answered 503 three times",
        Code(
            "fetch_feed",
            "shop/suppliers/fetch.py",
            84,
            (),
            "    raise FeedUnreachable(f'supplier feed answered {status}')",
        ),
        events=33,
        since=30,
        names_people=False,
        environments=("batch",),
        handled=True,
    ),
    Trouble(
        "OrderNotFound",
        "order 71004 does not exist",
        Code("show_order", "shop/api/orders.py", 88, (), "    raise OrderNotFound(id)"),
        events=52,
        since=30,
        handled=True,
        level="info",
    ),
    Trouble(
        "CouponExpired",
        "coupon AUTUMN-26 expired 3 days ago",
        Code("apply_coupon", "shop/basket/coupons.py", 29, (), "    raise CouponExpired(coupon)"),
        events=29,
        since=3,
        handled=True,
        level="info",
    ),
)


def month(now: datetime) -> Iterator[Json]:
    """All events of the month before `now`, trouble by trouble."""
    chance = random.Random(SEED)
    for trouble in TROUBLES:
        for _ in range(trouble.events):
            ago = trouble.until + (trouble.since - trouble.until) * chance.random() ** 1.3
            yield one_event(trouble, now - timedelta(days=ago), ago, chance)


def one_event(trouble: Trouble, at: datetime, days_ago: float, chance: random.Random) -> Json:
    """It happened once more."""
    person = f"user-{chance.randrange(trouble.people):04d}@shop.example" if trouble.names_people else "worker-1"
    properties = {
        "$lib": trouble.lib,
        "$lib_version": {"web": "1.449.2", "posthog-node": "5.70.0"}.get(trouble.lib, "7.91.1"),
        "$release": next(version for since, version in reversed(RELEASES) if since >= days_ago),
        "environment": chance.choice(trouble.environments),
        "$exception_level": trouble.level,
        "$exception_list": [_exception(each, trouble.lib) for each in _chain(trouble)],
        "$session_id": str(UUID(int=chance.getrandbits(128), version=4)),
        "plan": chance.choice(("free", "free", "team", "business")),
        "region": chance.choice(("eu-north", "eu-west", "us-east")),
        "$feature/fast-timeouts": trouble.flag == "fast-timeouts" or chance.random() < 0.12,
        "$feature/new-price-display": trouble.flag == "new-price-display" or chance.random() < 0.3,
    }
    if trouble.lib == "web":
        browser, system, version = chance.choice(BROWSERS)
        page = chance.choice(("cart", "checkout", "p/2210", "p/1180", ""))
        properties |= {"$browser": browser, "$browser_version": version, "$os": system, "$host": "shop.example"}
        properties |= {"$current_url": f"https://shop.example/{page}", "$device_type": "Desktop"}
    else:
        properties |= {"$server_name": f"web-{chance.randrange(4)}", "$os": "Linux"}
        properties |= {"$python_version": "3.13.1"} if trouble.lib == "posthog-python" else {}
    if trouble.steps:
        properties["$exception_steps"] = [
            {"$message": step, "$timestamp": (at - timedelta(seconds=1.7 * place)).isoformat(), "$type": "http"}
            for place, step in reversed(list(enumerate(reversed(trouble.steps), 1)))
        ]
    return {
        "event": "$exception",
        "uuid": str(UUID(int=chance.getrandbits(128), version=4)),
        "timestamp": at.isoformat(),
        "distinct_id": person,
        "properties": properties,
    }


def _chain(trouble: Trouble) -> Iterator[Trouble]:
    yield trouble
    if trouble.cause:
        yield from _chain(trouble.cause)


def _exception(trouble: Trouble, lib: str) -> Json:
    make = {"web": _web_frames, "posthog-node": _node_frames}.get(lib, _python_frames)
    return {
        "type": trouble.type,
        "value": trouble.message,
        "mechanism": {"type": "generic", "handled": trouble.handled, "synthetic": False},
        "stacktrace": {"type": "raw", "frames": make(trouble.code)},
    }


def _python_frames(code: Code) -> list[Json]:
    around = [
        {"filename": name, "abs_path": f"/usr/lib/python3/{name}", "function": "inner", "lineno": 40, "in_app": False}
        for name in LIBRARY
    ]
    own = {
        "filename": code.file,
        "abs_path": f"/srv/{code.file}",
        "module": code.file.removesuffix(".py").replace("/", "."),
        "function": code.function,
        "lineno": code.line,
        "in_app": True,
        "pre_context": list(code.before),
        "context_line": code.text,
        "post_context": list(code.after),
        "code_variables": dict(code.variables),
    }
    view = {**own, "function": "post", "filename": "shop/views.py", "lineno": 210, "code_variables": {}}
    view |= {"module": "shop.views", "abs_path": "/srv/shop/views.py", "pre_context": [], "post_context": []}
    view |= {"context_line": f"        return {code.function}(self.request)"}
    return [{"platform": "python", **frame} for frame in (*around, view, own)]


def _node_frames(code: Code) -> list[Json]:
    around = [
        {"filename": f"/srv/node_modules/fastify/lib/{name}.js", "function": name, "lineno": 12, "in_app": False}
        for name in ("route", "handleRequest")
    ]
    own = {
        "filename": code.file,
        "function": code.function,
        "lineno": code.line,
        "colno": 11,
        "in_app": True,
        "pre_context": list(code.before),
        "context_line": code.text,
        "post_context": list(code.after),
    }
    return [{"platform": "node:javascript", **frame} for frame in (*around, own)]


def _web_frames(code: Code) -> list[Json]:
    frames = [("HTMLButtonElement.o", "vendor.c01d3f.js", 40_211), ("e.dispatch", "main.8f3a1c.js", 18_004)]
    around = [
        {"filename": f"https://shop.example/assets/{file}", "function": name, "lineno": 1, "colno": column}
        for name, file, column in frames
    ]
    own = {"filename": code.file, "function": code.function, "lineno": code.line, "colno": 88_213}
    return [{"platform": "web:javascript", "in_app": True, **frame} for frame in (*around, own)]
