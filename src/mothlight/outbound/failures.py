"""Why nothing came of a request to the outside. The texts may be shown to people; none holds a header or a body."""


class OutboundFailure(Exception):
    """A request to the outside that has no answer. Its text says why, after the URL where there is one."""

    def __init__(self, reason: str, url: str = "") -> None:
        super().__init__(f"{url}: {reason}" if url else reason)
        self.reason = reason
        self.url = url
        """The one that failed, without user information; after a redirect not the one that was asked for."""


class InvalidUrl(OutboundFailure):
    """It is no URL that can be asked: another scheme, user information, no host, characters that may not be there."""


class Blocked(OutboundFailure):
    """The guard does not let anybody connect there. No connection was made."""


class TimedOut(OutboundFailure):
    """It took longer than it may."""


class NetworkFailure(OutboundFailure):
    """The name has no address, no connection came about, or it broke."""


class TooLarge(NetworkFailure):
    """The body is larger than it may be."""


class RedirectFailure(OutboundFailure):
    """Too many redirects, or one that leads nowhere."""
