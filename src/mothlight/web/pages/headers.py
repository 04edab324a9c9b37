"""Headers of everything that pages answer: what a browser may load, and who may look in."""

from collections.abc import Mapping

REPORTS = "/_csp"
"""Where browsers report what they refused to load."""

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "report-to": "csp",
}
_REFUSED_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "microphone",
    "midi",
    "payment",
    "usb",
)


def security_headers(prefix: str) -> dict[str, str]:
    """The headers. `prefix`: the path of the public address, or nothing."""
    reports = prefix + REPORTS
    policy = {**_POLICY, "report-uri": reports}
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Reporting-Endpoints": f'csp="{reports}"',
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Not `no-referrer`: with it browsers send no origin with forms.
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _REFUSED_FEATURES),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
    }


def page_headers(prefix: str) -> Mapping[str, str]:
    """The headers of a page: nobody keeps what only its viewer may see."""
    return {**security_headers(prefix), "Cache-Control": "no-store", "Vary": "Accept-Encoding, Cookie"}
