"""The remote config of browser and mobile clients (ingest 10)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

Rules = Sequence[Mapping[str, Any]]
"""Suppression rules that browsers apply themselves."""


def remote_config(token: str, rules: Rules = ()) -> dict[str, Any]:
    """What a project tells its clients: exceptions are captured, and nothing else is turned on.

    `surveys` is left out on purpose: with any value the browser loads another script.
    """
    return {
        "token": token,
        "supportedCompression": ["gzip", "gzip-js"],
        "hasFeatureFlags": False,
        "autocaptureExceptions": True,
        "errorTracking": {"autocaptureExceptions": True, "suppressionRules": list(rules)},
        "analytics": {"endpoint": "/i/v0/e/"},
        "elementsChainAsString": True,
        "autocapture_opt_out": True,
        "capturePerformance": False,
        "captureDeadClicks": False,
        "sessionRecording": False,
        "heatmaps": False,
        "defaultIdentifiedOnly": True,
        "siteApps": [],
    }


def config_json(token: str, rules: Rules = ()) -> bytes:
    """The config as JSON text."""
    return msgspec.json.encode(remote_config(token, rules))


def config_script(token: str, rules: Rules = ()) -> bytes:
    """A script that leaves the config where the browser client looks for it first."""
    entry = {"config": remote_config(token, rules), "siteApps": []}
    script = (
        "(function () {\n"
        "  window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {};\n"
        f"  window._POSTHOG_REMOTE_CONFIG[{_in_script(token)}] = {_in_script(entry)};\n"
        "})();\n"
    )
    return script.encode()


def _in_script(value: object) -> str:
    """JSON that stays data inside a script and inside a page that holds the script."""
    text = msgspec.json.encode(value).decode()
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
