"""The REST API keeps what its OpenAPI document says: statuses, content types, shapes; and it has no defect.

Not among the checks, because the contract is lenient there on purpose:

- Wrong data need not be refused where PostHog's API takes it: unknown fields are ignored (api 1.2), numbers and
  booleans come as texts too, a page's `limit` that is no number counts as absent (1.6), filters have any value (6.1).
- A body of another type than the document names is read as well: forms and multipart (1.2).
- A key is told before everything else (1.4), so that a wrong body without one is 401.

`MOTHLIGHT_TEST_EXAMPLES`: how many examples each operation gets; `make schemathesis` sets it.
"""

import os

import pytest
import schemathesis
from hypothesis import given
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mothlight.web.api.openapi import openapi_document
from mothlight.web.api.routes import ROUTES
from tests.hostile.bounds import bounded
from tests.hostile.harness import Hall
from tests.support.hostile.questions import Known

EXAMPLES = int(os.environ.get("MOTHLIGHT_TEST_EXAMPLES", "4"))
BEYOND = {405, 413, 415}
"""Statuses of what is no request of an operation at all: the document does not repeat them at each of them."""


# The one operation left out would remove the project that all others ask about.
OPERATIONS = [
    (path, method)
    for path, methods in openapi_document(ROUTES)["paths"].items()
    for method in methods
    if (path, method) != ("/api/projects/{project_id}/", "delete")
]


@pytest.fixture(scope="module")
def schema(hall: Hall):
    """The document as it is served."""
    return schemathesis.openapi.from_asgi("/api/schema/", hall.server.application)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_answers_as_the_document_says(schema, hall: Hall, known: Known, path: str, method: str):
    # What is drawn hardly ever exists; so the places are filled in, and only what stands behind them is drawn.
    behind = path.rsplit("/error_tracking/", maxsplit=1)[-1].split("/", maxsplit=1)[0]
    ids = known.ids.get(behind, known.ids["issues"])
    places = {
        "project_id": str(hall.project_id),
        "organization_id": "@current",
        "hash_id": known.texts[0],
        "id": ids[0],
    }

    @bounded(EXAMPLES)
    @given(case=schema[path][method].as_strategy())
    def check(case) -> None:
        case.path_parameters = {name: places[name] for name in case.path_parameters or {}}
        answer = case.call(headers={"Authorization": f"Bearer {hall.key}"})
        checks = [not_a_server_error]
        if answer.status_code not in BEYOND and answer.content:
            checks += [status_code_conformance, content_type_conformance, response_schema_conformance]
        case.validate_response(answer, checks=checks)

    check()
