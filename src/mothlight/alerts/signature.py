"""How receivers know that a webhook's message is ours: an HMAC-SHA256 over the time and the body (`docs/alerts.md`)."""

import base64
import hashlib
import hmac

HEADER = "Mothlight-Signature"
PREFIX = "whsec_"


def make_secret(randomness: bytes) -> str:
    """A secret of 32 random bytes, as people copy it."""
    return PREFIX + base64.urlsafe_b64encode(randomness).decode().rstrip("=")


def sign(secret: str, seconds: int, body: bytes) -> str:
    """The header's value. `seconds`: since 1970, when it is sent. The whole text of the secret is the key."""
    signed = b"%d." % seconds + body
    return f"t={seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
