"""Every route of the REST API, with the scope it needs.

To add one: a handler in the file that its URL names, and a line here; the OpenAPI document follows by itself.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from starlette.routing import Route

from mothlight.queries.answers.issue_detail import ShownIssue
from mothlight.storage.metadata.repositories.settings import ProjectSettings
from mothlight.web.api import organizations, persons, projects, users
from mothlight.web.api.alert_routes import ALERT_ROUTES
from mothlight.web.api.endpoint import Endpoint, Service
from mothlight.web.api.error_tracking import (
    issues,
    query_issue,
    query_issue_events,
    query_issues,
    recommendations,
    settings,
)
from mothlight.web.api.inspection_routes import INSPECTION_ROUTES
from mothlight.web.api.openapi import schema_route
from mothlight.web.api.route import (
    PAGE_PARAMETERS,
    READ,
    WRITE,
    ApiRoute,
    Parameter,
    Shapes,
    organization_route,
    project_route,
    tracking_routes,
    user_route,
)
from mothlight.web.api.rule_routes import RULE_ROUTES
from mothlight.web.api.shapes import (
    MemberShape,
    PersonalShape,
    PersonShape,
    ProjectShape,
    RecommendationShape,
    RoleShape,
)
from mothlight.web.api.spike_routes import SPIKE_ROUTES
from mothlight.web.api.symbol_routes import SYMBOL_ROUTES
from mothlight.web.api.triage_routes import TRIAGE_ROUTES
from mothlight.web.values.changes import ProjectChange, SettingsChange
from mothlight.web.values.questions import QueryIssue, QueryIssueEvents, QueryIssues

POLL = Parameter("poll", "`true`: only read; make and compute nothing.", {"type": "boolean", "default": False})
FORCE = Parameter("force", "`false`: compute nothing.", {"type": "boolean", "default": True})
KEY = Parameter("key", "What to complete.", {"type": "string", "enum": ["name", "issue_description", "severity"]})
VALUE = Parameter("value", "A part of the value, in any case.")
DISTINCT_ID = Parameter("distinct_id", "The person with this distinct id.")
SEARCH = Parameter("search", "A part of an e-mail address or of a distinct id.")


_row = Shapes(answer=RecommendationShape)

ROUTES: tuple[ApiRoute, ...] = (
    *tracking_routes(
        "POST",
        "query/issues",
        READ,
        query_issues.query_issues,
        Shapes(body=QueryIssues, answer=query_issues.IssueListAnswer, errors=(400,)),
    ),
    *tracking_routes(
        "POST",
        "query/issue",
        READ,
        query_issue.query_issue,
        Shapes(body=QueryIssue, answer=ShownIssue, errors=(400,)),
    ),
    *tracking_routes(
        "POST",
        "query/issue_events",
        READ,
        query_issue_events.query_issue_events,
        Shapes(body=QueryIssueEvents, answer=query_issue_events.EventListAnswer, errors=(400,)),
    ),
    *tracking_routes("GET", "issues/exists", READ, issues.exists, Shapes(answer=issues.ExistsAnswer)),
    *tracking_routes(
        "GET", "issues/values", READ, issues.values, Shapes(answer=issues.ValuesAnswer, parameters=(KEY, VALUE))
    ),
    *tracking_routes(
        "GET",
        "recommendations",
        READ,
        recommendations.list_recommendations,
        Shapes(answer=RecommendationShape, paged=True, parameters=(*PAGE_PARAMETERS, POLL)),
    ),
    *tracking_routes("POST", "recommendations/{id}/dismiss", WRITE, recommendations.dismiss, _row),
    *tracking_routes(
        "POST",
        "recommendations/{id}/refresh",
        WRITE,
        recommendations.refresh,
        Shapes(answer=RecommendationShape, parameters=(FORCE,), errors=(400,)),
    ),
    *tracking_routes("POST", "recommendations/{id}/restore", WRITE, recommendations.restore, _row),
    *tracking_routes(
        "GET", "settings/retrieve_settings", READ, settings.retrieve_settings, Shapes(answer=ProjectSettings)
    ),
    *tracking_routes(
        "PATCH",
        "settings/update_settings",
        WRITE,
        settings.update_settings,
        Shapes(body=SettingsChange, answer=ProjectSettings, errors=(400,)),
    ),
    *INSPECTION_ROUTES,
    *TRIAGE_ROUTES,
    *SYMBOL_ROUTES,
    *ALERT_ROUTES,
    *RULE_ROUTES,
    *SPIKE_ROUTES,
    user_route(
        "GET",
        "/api/projects",
        "project:read",
        projects.list_projects,
        Shapes(answer=ProjectShape, paged=True, parameters=PAGE_PARAMETERS),
    ),
    project_route(
        "GET", "/api/projects/{project_id}", "project:read", projects.get_project, Shapes(answer=ProjectShape)
    ),
    project_route(
        "PATCH",
        "/api/projects/{project_id}",
        "project:write",
        projects.patch_project,
        Shapes(body=ProjectChange, answer=ProjectShape, errors=(400,)),
    ),
    project_route("DELETE", "/api/projects/{project_id}", "project:write", projects.remove_project, Shapes()),
    project_route(
        "GET",
        "/api/projects/{project_id}/persons",
        "person:read",
        persons.list_persons,
        Shapes(answer=PersonShape, paged=True, parameters=(*PAGE_PARAMETERS, DISTINCT_ID, SEARCH)),
    ),
    user_route("GET", "/api/users/@me", "user:read", users.me, Shapes(answer=PersonalShape)),
    organization_route(
        "GET",
        "/api/organizations/{organization_id}/members",
        "organization_member:read",
        organizations.list_members,
        Shapes(answer=MemberShape, paged=True, parameters=PAGE_PARAMETERS),
    ),
    organization_route(
        "GET",
        "/api/organizations/{organization_id}/roles",
        "organization:read",
        organizations.list_roles,
        Shapes(answer=RoleShape, paged=True, parameters=PAGE_PARAMETERS),
    ),
)


def api_routes(service: Service) -> list[Route]:
    """All routes with their OpenAPI document, each path with and without a slash at the end."""
    paths = {path: list(routes) for path, routes in groupby(sorted(ROUTES, key=_path), key=_path)}
    return [
        *_both_spellings("/api/schema", schema_route(ROUTES)),
        *(each for path, routes in paths.items() for each in _both_spellings(path, Endpoint(service, routes))),
    ]


def _path(route: ApiRoute) -> str:
    return route.path


def _both_spellings(path: str, endpoint: Callable[..., Any]) -> list[Route]:
    return [Route(path, endpoint), Route(f"{path}/", endpoint)]
