"""What in a text is, or looks like, a secret (pipeline 3.7).

All patterns are linear in the length of the text; the texts are bounded by the caller. To add a token format: a line in
`_TOKEN_FORMATS`.
"""

import base64
import binascii
import math
import re
from collections import Counter

REDACTED = "$$_posthog_redacted_based_on_masking_rules_$$"
TOO_LONG = "$$_posthog_value_too_long_$$"

_WORDS = re.compile(
    r"password|secret|passwd|pwd|api_key|apikey|auth|credentials|privatekey|private_key|token|aws_access_key_id|_pass|jwt"
    r"|connection_string|connectionstring|conn_str|connstr|dsn|[?&]sig=|\bsk_",
    re.IGNORECASE,
)

_PRIVATE_KEY = "PRIVATE KEY-----"
_SHORTEST_SECRET = 16
_TOKEN_FORMATS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    + "|".join(
        (
            r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{12}",  # Amazon
            r"AIza[0-9A-Za-z_-]{12}",  # Google
            r"ya29\.[0-9A-Za-z_-]{8}",
            r"GOCSPX-",
            r"gh[opusr]_[0-9A-Za-z]{12}",  # GitHub
            r"github_pat_",
            r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|sa)[-_][0-9A-Za-z_-]{8}",  # GitLab and Grafana
            r"ATATT3|ATBB[0-9A-Za-z]{12}",  # Atlassian
            r"xox[abeoprs](?:-|\.)|xapp-",  # Slack
            r"[0-9]{8,10}:AA[0-9A-Za-z_-]{10}",  # Telegram
            r"(?:sk|rk|pk)_(?:live|test)_|whsec_",  # Stripe
            r"sq0(?:atp|csp)-|EAAA[0-9A-Za-z_-]{12}",  # Square
            r"shp(?:at|ca|pa|ss)_",  # Shopify
            r"npm_[0-9A-Za-z]{12}|pypi-[0-9A-Za-z_-]{12}|rubygems_[0-9a-f]{8}|oy2[0-9a-z]{13}|dckr_(?:pat|oat)_",
            r"do[opr]_v1_[0-9a-f]{8}",  # DigitalOcean
            r"SG\.[0-9A-Za-z_-]{12}",  # SendGrid
            r"(?:SK|AC)[0-9a-f]{32}",  # Twilio
            r"key-[0-9a-f]{32}",  # Mailgun
            r"sk-[0-9A-Za-z_-]{12}|hf_[0-9A-Za-z]{12}",  # language models
            r"ph[xs]_[0-9A-Za-z]{12}",  # PostHog
            r"hv[bsr]\.[0-9A-Za-z_-]{8}|dp\.(?:pt|st|ct|sa)\.|dapi[0-9a-f]{12}|lin_api_|NRAK-|AGE-SECRET-KEY-|atlasv1\.",
            r"eyJ[0-9A-Za-z_-]{8}",  # JSON web tokens
        )
    )
    + ")"
)

_OUR_PLACEHOLDER = re.compile(r"\$\$_posthog_[a-z0-9_]+_\$\$")
_BREAKS = re.compile(r"""[\s'"`()\[\]{}<>,;]""")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_HEX = re.compile(r"(?:0[xX])?[0-9a-fA-F]+")
_PATH = re.compile(r"[./~\\]|[A-Za-z]:[\\/]")
_FILE = re.compile(r"[/\\][^/\\]*\.[A-Za-z][A-Za-z0-9]{0,7}$")
_CLASSES = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]")))
_LEAST_CLASSES = 3
_LEAST_ENTROPY = 3.8

_USER_INFO = re.compile(r"(?<=://)[^\s/?#'\"]*@")
_SCHEME = re.compile(r"(?i)\b(Bearer|Basic)([ \t]+)([A-Za-z0-9._~+/=:-]+)")
_PROSE_WORD = re.compile(r"[a-z]{1,15}[.:]?")
_SHORTEST_CREDENTIAL = 8


def has_sensitive_word(text: str) -> bool:
    """Whether a word such as `password` stands anywhere in the text."""
    return _WORDS.search(text) is not None


def looks_like_secret(text: str) -> bool:
    """Whether the text is a key, a token, or something as random as one."""
    if _PRIVATE_KEY in text:
        return True
    if len(text) < _SHORTEST_SECRET or _OUR_PLACEHOLDER.fullmatch(text):
        return False
    return _TOKEN_FORMATS.search(text) is not None or _is_random(text)


def cut_credentials(text: str) -> str:
    """The text without passwords in URLs and credentials of HTTP's `Bearer` and `Basic`."""
    if "@" in text:
        text = _USER_INFO.sub(_without_user_info, text)
    return _SCHEME.sub(lambda found: _without_credential(text, found), text)


def _is_random(text: str) -> bool:
    if _BREAKS.search(text) or "://" in text or _PATH.match(text) or _FILE.search(text):
        return False
    if _UUID.fullmatch(text) or _HEX.fullmatch(text):
        return False
    if sum(each.search(text) is not None for each in _CLASSES) < _LEAST_CLASSES:
        return False
    return _entropy(text) >= _LEAST_ENTROPY


def _entropy(text: str) -> float:
    """Bits per character."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


def _without_user_info(found: re.Match[str]) -> str:
    return f"{REDACTED}@" if ":" in found.group() else found.group()


def _without_credential(text: str, found: re.Match[str]) -> str:
    scheme, space, credential = found.groups()
    return f"{scheme}{space}{REDACTED}" if _is_credential(scheme, credential, text[found.end() :]) else found.group()


def _is_credential(scheme: str, credential: str, behind: str) -> bool:
    if scheme.lower() == "basic" and _is_user_and_password(credential):
        return True
    # "Basic research was done" is prose, not a credential.
    is_prose = _PROSE_WORD.fullmatch(credential) is not None and behind[:1].isspace() and behind.strip() != ""
    return len(credential) >= _SHORTEST_CREDENTIAL and not is_prose


def _is_user_and_password(credential: str) -> bool:
    try:
        return b":" in base64.b64decode(credential + "=" * (-len(credential) % 4), validate=True)
    except binascii.Error:
        return False
