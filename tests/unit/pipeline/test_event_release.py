"""What says which release an event belongs to (pipeline 9.8)."""

import json
from uuid import UUID

import msgspec
import pytest

from mothlight.pipeline.event_release import (
    FACTS,
    clean_remote_url,
    describe_release,
    describe_text,
    mobile_hash,
    read_wanted,
    sent_names,
)
from mothlight.storage.metadata.repositories.releases import Release
from tests.support.received import NOW

ID = "01a20af1-1559-75f3-8acf-2c3005548d83"
GOLDEN_WITH_BUILD = (
    "5a7f7b504d81759fa4e15f8b3bbc77c694a9dc222cfcd06c801fae9619076e97"
    "909edf651087106af331aea76463449f015ccc41ccacbf19148329b1c2c35aa7"
)
GOLDEN_WITHOUT_BUILD = (
    "09aeeb69b914985562d4aa39d13033abf0f90c753ef90b0148cb06b8aeadca7d"
    "d1dd853fa24c7cc51d18cf251bb7348eae58906347a217a98d74ba7ca5673b66"
)


def wanted(**properties):
    return read_wanted(tuple(json.dumps(properties[name]).encode() if name in properties else None for name in FACTS))


def app(namespace=None, version=None, build=None, **more):
    sent = {"$app_namespace": namespace, "$app_version": version, "$app_build": build}
    return wanted(**{name: value for name, value in sent.items() if value is not None}, **more)


@pytest.mark.parametrize(
    ("version", "build", "golden"), [("1.0", "42", GOLDEN_WITH_BUILD), ("2.3", None, GOLDEN_WITHOUT_BUILD)]
)
def test_the_hash_of_a_mobile_release_is_the_contracts(version, build, golden):
    assert mobile_hash("com.example.app", version, build) == golden
    assert app("com.example.app", version, build).hash_id == golden


def test_a_build_may_be_a_number():
    assert app("com.example.app", "1.0", 42).hash_id == GOLDEN_WITH_BUILD


def test_a_build_alone_is_enough():
    assert app("a", None, "7").hash_id == mobile_hash("a", "7", None)


@pytest.mark.parametrize("sent", [("a", None, None), (None, "1", "2"), (5, "1", "2"), ("a", True, ["x"])])
def test_without_namespace_or_any_version_there_is_no_mobile_release(sent):
    assert app(*sent).hash_id is None


def test_a_valid_release_id_rules_the_mobile_hash_out():
    found = app("a", "1", "2", **{"$release_id": ID})

    assert found.release_id == UUID(ID)
    assert found.hash_id is None


@pytest.mark.parametrize("sent", ["nothing", 7, None, ""])
def test_an_invalid_release_id_does_not(sent):
    found = app("a", "1", "2", **{"$release_id": sent})

    assert found.release_id is None
    assert found.hash_id == mobile_hash("a", "1", "2")


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"$release": "1.2", "release": "3.4"}, "1.2"),
        ({"release": "3.4"}, "3.4"),
        ({"$release": 5, "release": "3.4"}, "3.4"),
        ({"$release": "", "release": "x" * 201}, None),
        ({"release": "x" * 200}, "x" * 200),
        ({"release": {"version": "1"}}, None),
    ],
)
def test_a_text_property_names_the_version(sent, text):
    assert wanted(**sent).text == text


def release(version="1.2.3+42", metadata=None):
    return Release(UUID(ID), "hash", version, "shop", metadata, NOW)


def test_a_release_tells_its_version_project_and_time():
    told = describe_release(release())

    assert json.loads(told.text) == {"version": "1.2.3+42", "project": "shop", "timestamp": "2026-04-24T12:00:00Z"}
    assert told.names == [ID, "1.2.3+42"]


def test_a_release_fills_in_the_application_with_the_version_split():
    assert describe_release(release()).filled == {
        "$app_namespace": msgspec.Raw(b'"shop"'),
        "$app_version": msgspec.Raw(b'"1.2.3"'),
        "$app_build": msgspec.Raw(b'"42"'),
    }
    assert "$app_build" not in describe_release(release("1.2.3")).filled


def test_a_release_is_found_by_its_commit_and_tells_no_credentials():
    metadata = {"git": {"commit_id": "abc", "remote_url": "https://tok:x@host/a.git?t=1#f"}, "ci": "x"}

    told = describe_release(release(metadata=metadata))

    assert told.names == [ID, "1.2.3+42", "abc"]
    assert json.loads(told.text)["metadata"] == {
        "git": {"commit_id": "abc", "remote_url": "https://host/a.git"},
        "ci": "x",
    }
    assert metadata["git"]["remote_url"].startswith("https://tok"), "the release itself is not changed"


@pytest.mark.parametrize("metadata", [{"git": None}, {"git": {"remote_url": 5}}, [1], "text"])
def test_odd_metadata_is_told_as_it_is(metadata):
    assert json.loads(describe_release(release(metadata=metadata)).text)["metadata"] == metadata


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("https://tok:x@host/a.git?t=1#f", "https://host/a.git"),
        ("https://host:8443/a.git", "https://host:8443/a.git"),
        ("ssh://git@host/a.git", "ssh://host/a.git"),
        ("git@host:team/a.git", "git@host:team/a.git"),
        ("http://[::1", ""),
    ],
)
def test_cleans_the_address_of_a_repository(url, cleaned):
    assert clean_remote_url(url) == cleaned


def test_a_text_alone_has_no_other_facts():
    told = describe_text("1.2")

    assert (json.loads(told.text), told.names, told.filled) == ({"version": "1.2"}, ["1.2"], {})


def test_sent_releases_are_found_by_key_version_and_commit():
    sent = {"r1": {"version": "1", "project": "shop", "metadata": {"git": {"commit_id": "c1"}}}, "r2": {"version": 2}}

    assert sent_names(sent) == ["r1", "1", "c1", "r2"]


@pytest.mark.parametrize("sent", [[{"version": "1"}], "x", None, 7])
def test_releases_that_are_no_object_are_not_found(sent):
    assert sent_names(sent) == []
