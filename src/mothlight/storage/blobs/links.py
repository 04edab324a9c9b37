"""Signs links to single blobs: an HMAC-SHA256 over method, key, expiry and the most bytes (design 9)."""

import hashlib
import hmac
from datetime import datetime

UPLOAD = "POST"
DOWNLOAD = "GET"
UPLOAD_PATH = "/_symbols/upload"
DOWNLOAD_PATH = "/_symbols/download"


class Links:
    """Makes and checks signatures with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, method: str, key: str, expires_at: datetime, most_bytes: int = 0) -> dict[str, str]:
        """The fields that let their holder do this one thing with this one blob until then."""
        expires = str(int(expires_at.timestamp()))
        return {
            "key": key,
            "expires": expires,
            "most_bytes": str(most_bytes),
            "signature": self._signature(method, key, expires, str(most_bytes)),
        }

    def allows(self, method: str, fields: dict[str, str], now: datetime) -> bool:
        """Whether the fields are ours, for this method, and not expired."""
        names = ("key", "expires", "most_bytes", "signature")
        if any(name not in fields for name in names):
            return False
        key, expires, most_bytes, signature = (fields[name] for name in names)
        is_ours = hmac.compare_digest(
            self._signature(method, key, expires, most_bytes).encode(), signature.encode("utf-8", "replace")
        )
        return is_ours and now.timestamp() < int(expires)

    def _signature(self, *parts: str) -> str:
        message = "\n".join(parts).encode("utf-8", "replace")
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()
