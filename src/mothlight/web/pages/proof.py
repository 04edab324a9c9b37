"""Proofs that something comes from our own pages: tokens of forms, and sealed texts in cookies.

Both are made with the secret of the visitor's own cookie, which nobody else has: nothing is stored for them.
"""

import base64
import hashlib
import hmac
import os

_BYTES = 16


def form_token(secret: str) -> str:
    """The token that every form carries.

    It differs each time it is written, so that the size of a compressed page tells nothing about it.
    """
    mask = os.urandom(_BYTES)
    return base64.urlsafe_b64encode(mask + _mix(mask, _mac(secret, b"form"))).decode().rstrip("=")


def is_form_token(secret: str, token: str) -> bool:
    """Whether a form with this token comes from a page that was made for this visitor."""
    content = _decode(token)
    if content is None or len(content) != 2 * _BYTES:
        return False
    return hmac.compare_digest(_mix(content[:_BYTES], content[_BYTES:]), _mac(secret, b"form"))


def seal(secret: str, content: bytes) -> str:
    """Some content as a text that only we can have written for this visitor."""
    return base64.urlsafe_b64encode(_mac(secret, content) + content).decode().rstrip("=")


def unseal(secret: str, text: str) -> bytes | None:
    """The content of a sealed text; None when somebody else wrote it, or for somebody else."""
    decoded = _decode(text)
    if decoded is None:
        return None
    mac, content = decoded[:_BYTES], decoded[_BYTES:]
    return content if hmac.compare_digest(mac, _mac(secret, content)) else None


def _mac(secret: str, content: bytes) -> bytes:
    return hmac.digest(secret.encode(), content, hashlib.sha256)[:_BYTES]


def _mix(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _decode(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return None
