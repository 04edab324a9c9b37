"""The OpenAPI document (surface.md) says what the routes do."""

import pytest

from mothlight.web.api.routes import ROUTES
from mothlight.web.values.questions import QueryIssues

COMPONENTS = "#/components/schemas/"


@pytest.fixture
def document(api):
    return api.ask("GET", "schema/", key=None).json()


def references(value):
    """Every `$ref` in the document."""
    if isinstance(value, dict):
        return {value["$ref"]} if "$ref" in value else set().union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_the_document_is_served_without_a_key_and_with_or_without_a_slash(api, document):
    assert document["openapi"] == "3.1.0"
    assert api.ask("GET", "schema", key=None).json() == document
    assert api.ask("POST", "schema/", key=None).status_code == 405


def test_the_document_is_valid(document):
    validator = pytest.importorskip("openapi_spec_validator")

    validator.validate(document)


def test_every_route_is_described_with_its_scope_and_the_errors_of_all(document):
    described = {
        (method.upper(), path.removesuffix("/")): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }

    assert set(described) == {(route.method, route.path) for route in ROUTES}
    for route in ROUTES:
        operation = described[route.method, route.path]
        assert operation["security"] == [{"personalApiKey": [route.scope]}]
        assert {"401", "403", "404", "429", "500", "503"} < set(operation["responses"])
        assert operation["summary"].endswith(".")


def test_operation_ids_are_unique(document):
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]

    assert len(ids) == len(set(ids))


def test_every_reference_is_defined_and_every_definition_referred_to(document):
    defined = {COMPONENTS + name for name in document["components"]["schemas"]}

    assert references(document) == defined


def test_a_body_is_described_by_the_type_that_validates_it(document):
    schema = document["components"]["schemas"]["QueryIssues"]

    assert list(schema["properties"]) == [field.alias for field in QueryIssues.model_fields.values()]
    assert schema["properties"]["limit"] == {"default": 25, "maximum": 100, "minimum": 1, "type": "integer"}
    assert schema["properties"]["searchQuery"] == {"maxLength": 500, "minLength": 1, "type": "string"}
    assert schema["properties"]["personId"] == {"format": "uuid", "type": "string"}
    assert document["components"]["schemas"]["QueryIssue"]["required"] == ["issueId"]


def test_lists_are_described_in_their_envelope(document):
    answer = document["paths"]["/api/projects/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert list(answer["properties"]) == ["count", "next", "previous", "results"]
    assert answer["properties"]["results"]["items"] == {"$ref": f"{COMPONENTS}ProjectShape"}


def test_a_removal_answers_nothing(document):
    responses = document["paths"]["/api/projects/{project_id}/"]["delete"]["responses"]

    assert "204" in responses
    assert "200" not in responses
