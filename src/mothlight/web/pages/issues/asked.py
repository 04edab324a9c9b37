"""The address of the list as values, and back: what one sees is all in it, so that a link shows the same."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, get_args

import msgspec
from starlette.datastructures import QueryParams

from mothlight.queries.questions import IssueList, OrderBy, Window
from mothlight.queries.token_question import IS, STATES, Desk, read_search
from mothlight.queries.tokens import Token, read_tokens, write_token, write_tokens
from mothlight.web.pages.words import with_values

PATH = "issues"
DEFAULT_SEARCH = "is:active"
DEFAULT_RANGE = "7d"
RANGES: Mapping[str, tuple[str, str, str]] = {
    "1h": ("1 h", "last hour", "-1h"),
    "24h": ("24 h", "last 24 hours", "-24h"),
    "7d": ("7 d", "last 7 days", "-7d"),
    "30d": ("30 d", "last 30 days", "-30d"),
    "90d": ("90 d", "last 90 days", "-90d"),
}
"""To add one: what the address says; in short, in words, and as the questions want it."""
SORTS: Mapping[OrderBy, str] = {
    "last_seen": "Last seen",
    "occurrences": "Events",
    "users": "Users",
    "sessions": "Sessions",
    "first_seen": "First seen",
}
DEFAULT_SORT: OrderBy = "last_seen"
PAGE_SIZE = 25
LAST_PAGE = 4_000
BARS = 28


class Asked(msgspec.Struct, frozen=True):
    """What a list shows."""

    tokens: Sequence[Token]
    range: str = DEFAULT_RANGE
    """A key of `RANGES`; counts where no days are given."""
    first_day: date | None = None
    last_day: date | None = None
    sort: OrderBy = DEFAULT_SORT
    upwards: bool = False
    page: int = 1
    with_test_accounts: bool = False

    @property
    def search(self) -> str:
        """The tokens as text."""
        return write_tokens(self.tokens)

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the state of issues is asked for."""
        return self.search == DEFAULT_SEARCH

    @property
    def has_days(self) -> bool:
        """Whether days are given."""
        return self.first_day is not None or self.last_day is not None

    @property
    def range_words(self) -> str:
        """The range as people say it."""
        if not self.has_days:
            return RANGES[self.range][1]
        return f"{self.first_day or 'the beginning'} to {self.last_day or 'now'}"

    def values(self) -> dict[str, Any]:
        """The parameters of its address, without those that are as always."""
        return {
            "q": None if self.search == DEFAULT_SEARCH else self.search,
            "range": None if self.range == DEFAULT_RANGE or self.has_days else self.range,
            "from": self.first_day,
            "to": self.last_day,
            "sort": None if self.sort == DEFAULT_SORT else self.sort,
            "up": "1" if self.upwards else None,
            "accounts": "all" if self.with_test_accounts else None,
            "page": None if self.page == 1 else self.page,
        }

    def to(self, **changes: Any) -> str:
        """The address of the list with some changes, below the project; from its first page unless told otherwise."""
        return with_values(PATH, msgspec.structs.replace(self, **{"page": 1, **changes}).values())

    def without(self, token: Token) -> str:
        """The address without a token."""
        return self.to(tokens=[each for each in self.tokens if each != token])

    def also(self, token: Token) -> str:
        """The address with one more token."""
        return self.to(tokens=joined(self.tokens, [token]))

    def sorted_by(self, sort: OrderBy) -> str:
        """The address in another order; the present one is turned round."""
        return self.to(sort=sort, upwards=sort == self.sort and not self.upwards)

    def question(self, desk: Desk, zone: tzinfo) -> IssueList:
        """As the queries take it; `Refused` where a token cannot be."""
        question = IssueList(
            window=self._window(zone),
            filter_test_accounts=not self.with_test_accounts,
            order_by=self.sort,
            order_direction="ASC" if self.upwards else "DESC",
            limit=PAGE_SIZE,
            offset=(self.page - 1) * PAGE_SIZE,
            volume_resolution=BARS,
        )
        return read_search(self.tokens, desk).apply(question)

    def _window(self, zone: tzinfo) -> Window:
        if not self.has_days:
            return Window(RANGES[self.range][2])
        start = "all" if self.first_day is None else _moment(self.first_day, zone)
        # The last day is meant whole.
        end = None if self.last_day is None else _moment(self.last_day, zone, plus=timedelta(days=1))
        return Window(start, end)


def read_asked(query: QueryParams) -> Asked:
    """The list that an address asks for; what cannot be read is as always. `Refused` for a search that is too long."""
    sort = query.get("sort", "")
    return Asked(
        tokens=read_tokens(query.get("q", DEFAULT_SEARCH)),
        range=query.get("range", "") if query.get("range") in RANGES else DEFAULT_RANGE,
        first_day=_day(query.get("from", "")),
        last_day=_day(query.get("to", "")),
        sort=next((each for each in get_args(OrderBy) if each == sort), DEFAULT_SORT),
        upwards=query.get("up") == "1",
        page=_page(query.get("page", "")),
        with_test_accounts=query.get("accounts") == "all",
    )


def joined(tokens: Sequence[Token], more: Sequence[Token]) -> list[Token]:
    """The tokens with more of them, each once. Of states the new ones count."""
    kept = [each for each in tokens if not (_is_state(each) and any(map(_is_state, more)))]
    return list({write_token(each): each for each in (*kept, *more)}.values())


def _is_state(token: Token) -> bool:
    return token.key == IS and token.value in (*STATES, "any") and not token.negated


def _page(text: str) -> int:
    return min(int(text), LAST_PAGE) if text.isascii() and text.isdecimal() and 0 < len(text) < 9 and int(text) else 1


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _moment(day: date, zone: tzinfo, plus: timedelta = timedelta()) -> str:
    """The beginning of a day in a time zone, in UTC."""
    try:
        local = datetime.combine(day, time(), zone) + plus
        return local.astimezone(UTC).isoformat()
    except OverflowError:
        return day.isoformat()
