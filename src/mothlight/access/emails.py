"""E-mail addresses, as far as a server can check them without writing to them."""

import re

from mothlight.model.errors import invalid

_ADDRESS = re.compile(
    r"[^@\s\x00-\x1f<>(),;:\"\[\]\\]{1,64}@[^@\s\x00-\x1f.<>(),;:\"\[\]\\/]+(\.[^@\s\x00-\x1f.<>(),;:\"\[\]\\/]+)*"
)


def read_email(text: str) -> str:
    """Read an address; it comes back trimmed and in lower case, as users are known by it.

    Raises:
        Refused: that is no address.
    """
    address = text.strip().lower()
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise invalid(f"{text!r} is not an e-mail address.", "email")
    return address
