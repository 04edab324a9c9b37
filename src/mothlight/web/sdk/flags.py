"""Feature flags and their neighbours: there are none, said in the way that keeps each client quiet (ingest 12)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from mothlight.web.sdk.remote_config import Rules, remote_config

DEFINITIONS: dict[str, Any] = {"flags": [], "group_type_mapping": {}, "cohorts": {}}
"""For local evaluation. Without `cohorts` python logs an error at every poll."""

SURVEYS: dict[str, Any] = {"surveys": [], "survey_config": None}
EARLY_ACCESS_FEATURES: dict[str, Any] = {"earlyAccessFeatures": []}
WEB_EXPERIMENTS: dict[str, Any] = {"experiments": []}
PRODUCT_TOURS: dict[str, Any] = {"product_tours": []}

_DECIDE: dict[str, Any] = {
    "toolbarParams": {},
    "isAuthenticated": False,
    "autocaptureExceptions": {"endpoint": "/e/"},
}
"""What clients of the time of `/decide` take their configuration from."""


def flags_answer(request_id: UUID, now: datetime) -> dict[str, Any]:
    """No flag, without an error. `quotaLimited` stays empty: python raises at anything in it."""
    return {
        "flags": {},
        "featureFlags": {},
        "featureFlagPayloads": {},
        "errorsWhileComputingFlags": False,
        "quotaLimited": [],
        "requestId": str(request_id),
        "evaluatedAt": int(now.timestamp() * 1000),
    }


def with_config(answer: dict[str, Any], token: str, rules: Rules = ()) -> dict[str, Any]:
    """The answer for `/flags/?config=true`."""
    return {**answer, **remote_config(token, rules)}


def decide_answer(answer: dict[str, Any], token: str | None, rules: Rules = ()) -> dict[str, Any]:
    """The answer for `/decide/`, with the config of a known token."""
    return {**answer, **({} if token is None else remote_config(token, rules)), **_DECIDE}
