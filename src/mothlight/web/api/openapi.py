"""The OpenAPI 3.1 document, from the route table and the types that validate requests and shape answers."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Any, get_args

import msgspec
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import Response

from mothlight import __version__
from mothlight.web.api.route import ApiRoute, Parameter
from mothlight.web.errors import ErrorBody

Json = dict[str, Any]

COMPONENTS = "#/components/schemas/"
ERRORS_OF_ALL = (401, 403, 404, 429, 500, 503)
MEANINGS = {
    308: "It belongs elsewhere.",
    400: "The request is wrong.",
    401: "There is no key, or an unknown one.",
    403: "The key or its user may not do this.",
    404: "There is no such thing in this project.",
    409: "Something changed since.",
    413: "The file is too large.",
    429: "The key used up its budget.",
    500: "The server has a defect.",
    503: "The server cannot answer now.",
}
PLACES = {
    "project_id": {"type": "string", "pattern": "^([0-9]+|@current)$"},
    "organization_id": {"type": "string"},
    "id": {"type": "string", "format": "uuid"},
    "hash_id": {"type": "string"},
}
FILE = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
        }
    },
    "application/octet-stream": {},
}
LINK = {"type": ["string", "null"], "format": "uri"}


def openapi_document(routes: Sequence[ApiRoute]) -> Json:
    """The whole document."""
    paths: Json = {}
    for route in routes:
        paths.setdefault(f"{route.path}/", {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mothlight", "version": __version__, "description": "Error tracking."},
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {"personalApiKey": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"personalApiKey": []}],
    }


def _operation(route: ApiRoute) -> Json:
    operation: Json = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "description": f"Needs the scope `{route.scope}`.",
        "security": [{"personalApiKey": [route.scope]}],
        "parameters": [*_path_parameters(route), *(_query_parameter(each) for each in route.shapes.parameters)],
        "responses": _responses(route),
    }
    if body := route.shapes.body:
        required = any(field.is_required() for field in body.model_fields.values())
        operation["requestBody"] = {"required": required, "content": _json({"$ref": COMPONENTS + body.__name__})}
    if route.takes_file:
        operation["requestBody"] = {"required": True, "content": FILE}
    return operation


def _operation_id(route: ApiRoute) -> str:
    words = re.findall(r"[a-z_]+", route.path.removeprefix("/api/"))
    return "_".join([route.method.lower(), *words])


def _path_parameters(route: ApiRoute) -> list[Json]:
    names = re.findall(r"{(\w+)}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": PLACES[name]} for name in names]


def _query_parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _responses(route: ApiRoute) -> Json:
    statuses = sorted({*ERRORS_OF_ALL, *route.shapes.errors})
    error = _json({"$ref": f"{COMPONENTS}{ErrorBody.__name__}"})
    others = {status: _json({"$ref": COMPONENTS + shape.__name__}) for status, shape in route.shapes.others}
    return {
        **_success(route),
        **{str(status): {"description": MEANINGS[status], "content": content} for status, content in others.items()},
        **{str(status): {"description": MEANINGS[status], "content": error} for status in statuses},
    }


def _success(route: ApiRoute) -> Json:
    answer = route.shapes.answer
    if answer is None:
        return {"204": {"description": "Done."}}
    shape: Json = _reference(answer)
    content = _json(_envelope(shape) if route.shapes.paged else shape)
    return {str(route.shapes.status): {"description": "The answer.", "content": content}}


def _reference(answer: Any) -> Json:
    """To one shape, or to several of which the answer is one."""
    references = [{"$ref": COMPONENTS + shape.__name__} for shape in _shapes_of(answer)]
    return references[0] if len(references) == 1 else {"anyOf": references}


def _shapes_of(answer: Any) -> tuple[Any, ...]:
    return get_args(answer) or (answer,)


def _envelope(row: Json) -> Json:
    return {
        "type": "object",
        "required": ["count", "next", "previous", "results"],
        "properties": {
            "count": {"type": "integer"},
            "next": LINK,
            "previous": LINK,
            "results": {"type": "array", "items": row},
        },
    }


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _schemas(routes: Sequence[ApiRoute]) -> Json:
    others = {shape for route in routes for _, shape in route.shapes.others}
    answered = {shape for route in routes if route.shapes.answer for shape in _shapes_of(route.shapes.answer)}
    answers = answered | others | {ErrorBody}
    in_order = sorted(answers, key=lambda answer: str(answer.__name__))
    _, components = msgspec.json.schema_components(in_order, ref_template=COMPONENTS + "{name}")
    return dict(sorted({**components, **_body_schemas(routes)}.items()))


def _body_schemas(routes: Sequence[ApiRoute]) -> Json:
    bodies = {body.__name__: body for route in routes if (body := route.shapes.body)}
    _, definitions = models_json_schema(
        [(body, "validation") for body in bodies.values()], ref_template=COMPONENTS + "{model}"
    )
    schemas: Json = definitions["$defs"]
    return {name: _tidy(schema) for name, schema in schemas.items()}


def _tidy(schema: Any) -> Any:
    """Without titles made from names, and without a default of null where null is refused."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _tidy(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    if "default" in kept and kept["default"] is None and not _takes_null(kept):
        del kept["default"]
    return kept


def _takes_null(schema: Json) -> bool:
    return {"type": "null"} in schema.get("anyOf", [])


def schema_route(routes: Sequence[ApiRoute]) -> Callable[[Request], Awaitable[Response]]:
    """Serves the document; it is made at the first request."""

    @cache
    def document() -> bytes:
        return msgspec.json.encode(openapi_document(routes))

    async def schema(_request: Request) -> Response:
        return Response(document(), media_type="application/json")

    return schema
