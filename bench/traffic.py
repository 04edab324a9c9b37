"""Realistic `$exception` events by the million, made faster than a server can take them.

A body is a template: the stacks and properties of its events, drawn and compressed once, with a slot before each for
what is new in every event (ids, times, part of the message). To make a body the slots are filled in. In a gzip stream a
slot is a stored block, and the template was compressed with bytes in its place that no later part refers to; so the
result is one ordinary stream, about as small and as quick to unpack as if it had been compressed as a whole.
"""

import json
import os
import random
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, chain

PROPERTY_SETS = 2_000
FRAMES = 20
USERS = 20_000
EVENTS_PER_SESSION = 3
ZIPF_EXPONENT = 1.1
TEMPLATES = 200
DRAWN_EVENTS = 4_000
"""Templates are so many that they hold at least this number of events."""
COMPRESSION_LEVEL = 6
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
LAST_BLOCK = b"\x03\x00"

HEAD = (
    '{"event":"$exception","uuid":"%s","timestamp":"%s","distinct_id":"%s","properties":{"distinct_id":"%s",'
    '"$session_id":"%s","$window_id":"%s","$insert_id":"%s","$device_id":"%s-device","order_id":"%08d",'
    '"$exception_list":[{"type":"%s","value":"%s %s'
)
"""What is new in every event. Its length depends on the stack alone."""

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
BROWSERS = ("Chrome", "Firefox", "Safari", "Edge")
SYSTEMS = ("Windows", "Mac OS X", "Linux", "iOS", "Android")
PLANS = ("free", "pro", "team")
WORDS = (
    "account address basket billing cache cart catalog checkout coupon currency customer delivery discount export form "
    "gateway import inventory invoice item ledger limit login mail method notice offer order page payment price "
    "product profile quote rate receipt refund report request return review search session shelf shipment stock store "
    "tax token total user voucher warehouse"
).split()
VERBS = (
    "apply build check close compute create fetch find format load make open parse read render save send store update"
).split()


@dataclass(frozen=True)
class Plan:
    """What events to make."""

    token: str
    stacks: int = 1_000
    seed: int = 1
    days: int = 0
    """0: every event happens now; else they are spread over so many days before now."""


class Traffic:
    """Endless batches of one plan. Two objects of one plan make the same stacks and different events."""

    def __init__(self, plan: Plan, events_per_body: int) -> None:
        chance = random.Random(plan.seed)
        self._plan = plan
        self._random = random.Random(os.urandom(16))
        self._stacks = [make_stack(chance, number) for number in range(plan.stacks)]
        self._sets = [make_properties(chance) for _ in range(PROPERTY_SETS)]
        self._shares = list(accumulate(1 / rank**ZIPF_EXPONENT for rank in range(1, plan.stacks + 1)))
        self._minutes = _minutes_before_now(plan.days)
        templates = max(TEMPLATES, DRAWN_EVENTS // events_per_body)
        self._session = self._user = ""
        self._made = 0
        self._templates = [self._template(events_per_body) for _ in range(templates)]

    def bodies(self, compressed: bool) -> Iterator[bytes]:
        """Request bodies for `/batch/`, one after another."""
        while True:
            template = self._random.choice(self._templates)
            heads = self._heads(template)
            yield template.gzip(heads) if compressed else template.plain(heads)

    def _template(self, events: int) -> "Template":
        stacks = self._random.choices(self._stacks, cum_weights=self._shares, k=events)
        template = Template(stacks, self._random.choices(self._sets, k=events))
        template.deflate([len(head) for head in self._heads(template)])
        return template

    def _heads(self, template: "Template") -> list[bytes]:
        now = _now()
        opening = f'{{"api_key":"{self._plan.token}","historical_migration":false,"sent_at":"{now}","batch":['
        heads = [self._head(stack, now) for stack in template.stacks]
        heads[0] = opening + heads[0]
        return [head.encode() for head in heads]

    def _head(self, stack: "Stack", now: str) -> str:
        ids = os.urandom(48).hex()
        if self._made % EVENTS_PER_SESSION == 0:
            self._session = dashed(ids[64:96])
            self._user = f"user-{int(self._random.random() * USERS):06d}"
        self._made += 1
        return HEAD % (
            dashed(ids),
            self._time() if self._minutes else now,
            self._user,
            self._user,
            self._session,
            self._session,
            ids[48:64],
            self._user,
            int(ids[40:46], 16),
            stack.type,
            stack.message,
            ids[46:48],
        )

    def _time(self) -> str:
        minute = self._minutes[int(self._random.random() * len(self._minutes))]
        return f"{minute}{self._random.random() * 59.9:09.6f}Z"


class Template:
    """Stacks and properties of the events of a body."""

    def __init__(self, stacks: Sequence["Stack"], properties: Sequence[bytes]) -> None:
        self.stacks = stacks
        self._texts = [stack.text + each + b"," for stack, each in zip(stacks, properties, strict=True)]
        self._texts[-1] = self._texts[-1][:-1] + b"]}"
        self._deflated: list[bytes] = []

    def plain(self, heads: Sequence[bytes]) -> bytes:
        """The body as it is."""
        return b"".join(chain.from_iterable(zip(heads, self._texts, strict=True)))

    def gzip(self, heads: Sequence[bytes]) -> bytes:
        """The body as one gzip stream."""
        stream = [GZIP_HEADER]
        checksum = length = 0
        for head, text, deflated in zip(heads, self._texts, self._deflated, strict=True):
            # A stored block, not the last one: its length and the complement, then the bytes.
            stream += (struct.pack("<BHH", 0, len(head), len(head) ^ 0xFFFF), head, deflated)
            checksum = zlib.crc32(text, zlib.crc32(head, checksum))
            length += len(head) + len(text)
        stream += (LAST_BLOCK, struct.pack("<II", checksum, length & 0xFFFFFFFF))
        return b"".join(stream)

    def deflate(self, slots: Sequence[int]) -> None:
        """Compress everything but the slots, whose lengths these are; `gzip` needs it."""
        packer = zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, -15)
        for slot, text in zip(slots, self._texts, strict=True):
            # These bytes occur nowhere else, so that nothing can refer to them.
            packer.compress(bytes(random.choices(range(0x80, 0x100), k=slot)))
            packer.flush(zlib.Z_SYNC_FLUSH)
            self._deflated.append(packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))


@dataclass(frozen=True)
class Stack:
    """One place of the made-up program where things go wrong."""

    type: str
    message: str
    text: bytes
    """From the end of the message to the end of the exceptions."""


def make_stack(chance: random.Random, number: int) -> Stack:
    """The type, the message and the frames of one place; every number gives another stack."""
    type_name = chance.choice(WORDS).capitalize() + chance.choice(("Error", "Failure", "Timeout", "Refused"))
    message = f"could not {chance.choice(VERBS)} the {chance.choice(WORDS)} of {chance.choice(WORDS)}"
    python = chance.random() < 0.5
    frames = [make_frame(chance, python, number, depth) for depth in range(FRAMES)]
    rest = {
        "module": f"shop.{chance.choice(WORDS)}",
        "mechanism": {"type": "generic", "handled": chance.random() < 0.7, "synthetic": False, "exception_id": 0},
        "stacktrace": {"type": "raw", "frames": frames},
    }
    text = '",' + _json(rest)[1:] + "],"
    return Stack(type_name, message, text.encode())


def make_frame(chance: random.Random, python: bool, number: int, depth: int) -> dict[str, object]:
    """One frame; those of the application have the lines around it."""
    word, verb = chance.choice(WORDS), chance.choice(VERBS)
    in_app = depth >= FRAMES // 2
    folder = "shop" if in_app else "vendor/framework"
    frame: dict[str, object] = {
        "platform": "python" if python else "node:javascript",
        "filename": f"{folder}/{word}/{verb}.{'py' if python else 'js'}",
        "function": f"{verb}_{word}_{number if depth == FRAMES - 1 else depth}",
        "module": f"{folder.replace('/', '.')}.{word}.{verb}",
        "lineno": chance.randrange(1, 900),
        "in_app": in_app,
    }
    if python:
        frame["abs_path"] = f"/srv/app/{frame['filename']}"
    else:
        frame["colno"] = chance.randrange(1, 90)
    if in_app:
        lines = [make_line(chance) for _ in range(5)]
        frame |= {"pre_context": lines[:2], "context_line": lines[2], "post_context": lines[3:]}
    return frame


def make_line(chance: random.Random) -> str:
    """A line of code."""
    first, second, third = chance.choices(WORDS, k=3)
    return f"        {first} = self.{chance.choice(VERBS)}_{second}({third}, {chance.randrange(100)})"


def make_properties(chance: random.Random) -> bytes:
    """The properties that many events have in common, from after the exceptions to the end of the event."""
    page = f"/p/{chance.randrange(3000)}"
    width, height = chance.randrange(1000, 1900), chance.randrange(600, 1000)
    properties = {
        "$exception_level": "error",
        "$lib": "posthog-python" if chance.random() < 0.5 else "posthog-node",
        "$lib_version": "7.91.1",
        "$browser": chance.choice(BROWSERS),
        "$browser_version": chance.randrange(90, 130),
        "$os": chance.choice(SYSTEMS),
        "$os_version": f"{chance.randrange(10, 15)}.{chance.randrange(8)}",
        "$device_type": chance.choice(("Desktop", "Mobile")),
        "$current_url": f"https://shop.test{page}?q={chance.randrange(100)}",
        "$host": "shop.test",
        "$pathname": page,
        "$request_method": chance.choice(("GET", "POST")),
        "$response_status_code": 500,
        "$screen_height": 1080,
        "$screen_width": 1920,
        "$viewport_height": height,
        "$viewport_width": width,
        "$referrer": "$direct",
        "$timezone": "Europe/Berlin",
        "$raw_user_agent": USER_AGENT,
        "$active_feature_flags": ["fast-checkout", "new-prices"],
        "$feature/fast-checkout": True,
        "$feature/new-prices": chance.choice(("control", "test")),
        "plan": chance.choice(PLANS),
        "tenant": f"tenant-{chance.randrange(500)}",
        "cart_total": chance.randrange(10_000) / 100,
        "retry": chance.randrange(3),
        "release": f"2026.{chance.randrange(1, 12)}.{chance.randrange(30)}",
    }
    return (_json(properties)[1:] + "}").encode()


def made_per_second(plan: Plan, events_per_body: int, compressed: bool, seconds: float) -> float:
    """Events that one process makes in a second, without sending them."""
    bodies = Traffic(plan, events_per_body).bodies(compressed)
    start = time.perf_counter()
    made = 0
    while time.perf_counter() - start < seconds:
        next(bodies)
        made += events_per_body
    return made / (time.perf_counter() - start)


def _minutes_before_now(days: int) -> list[str]:
    """The beginnings of the timestamps of every minute of the last days."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    return [(now - timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:") for minute in range(1, days * 24 * 60)]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def dashed(digits: str) -> str:
    """The UUID of version 4 that 32 hex digits make."""
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
