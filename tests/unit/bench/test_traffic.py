"""The benchmark's events are what they claim to be, or its figures mean nothing."""

import gzip
import json
import zlib

import pytest

from bench.traffic import Plan, Traffic

PLAN = Plan("phc_bench", stacks=200)


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return Traffic(PLAN, 50)


@pytest.fixture(scope="module")
def batches(traffic: Traffic) -> list[list[dict]]:
    bodies = traffic.bodies(compressed=True)
    return [json.loads(gzip.decompress(next(bodies)))["batch"] for _ in range(40)]


def test_a_compressed_body_is_one_gzip_stream_and_nothing_after_it(traffic: Traffic) -> None:
    unpacker = zlib.decompressobj(31)
    text = unpacker.decompress(next(traffic.bodies(compressed=True)))

    assert unpacker.eof
    assert unpacker.unused_data == b""
    assert json.loads(text)["api_key"] == "phc_bench"


def test_it_is_about_as_small_as_if_it_had_been_compressed_as_a_whole(traffic: Traffic) -> None:
    body = next(traffic.bodies(compressed=True))

    assert len(body) < 1.5 * len(gzip.compress(gzip.decompress(body), compresslevel=6))


def test_a_plain_body_holds_as_many_events(traffic: Traffic) -> None:
    assert len(json.loads(next(traffic.bodies(compressed=False)))["batch"]) == 50


def test_no_two_events_have_the_same_uuid(batches: list[list[dict]]) -> None:
    uuids = [event["uuid"] for batch in batches for event in batch]

    assert len(set(uuids)) == len(uuids) == 2000


def test_events_have_the_size_and_the_parts_of_real_ones(batches: list[list[dict]]) -> None:
    for event in batches[0]:
        (entry,) = event["properties"]["$exception_list"]

        assert 6_000 < len(json.dumps(event, separators=(",", ":"))) < 9_000
        assert len(entry["stacktrace"]["frames"]) == 20
        assert len(event["properties"]) >= 34


def test_few_stacks_have_most_of_the_events(batches: list[list[dict]]) -> None:
    functions = [
        event["properties"]["$exception_list"][0]["stacktrace"]["frames"][-1]["function"]
        for batch in batches
        for event in batch
    ]
    counts = sorted((functions.count(name) for name in set(functions)), reverse=True)

    assert 100 < len(counts) <= 200
    assert sum(counts[:20]) > sum(counts[20:])
