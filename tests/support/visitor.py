"""A visitor of the pages: a browser without script, in process. Keeps cookies, and sends forms as they stand."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import anyio
import httpx

ADDRESS = "http://errors.test"
PASSWORD = "correct horse battery"


@dataclass
class FoundForm:
    """A form of a page: where it goes, and the fields that it would send as it stands."""

    action: str
    method: str
    fields: dict[str, Any] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FoundForm] = []
        self._select: str | None = None
        self._text: str | None = None
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append(FoundForm(given.get("action") or "", (given.get("method") or "get").lower()))
            self._open = True
        if not self._open:
            return
        name = given.get("name")
        if tag == "input" and name and "disabled" not in given:
            if given.get("type") in ("checkbox", "radio"):
                if "checked" in given:
                    self._add(name, given.get("value") or "on")
            else:
                self._add(name, given.get("value") or "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self._add(self._select, given.get("value") or "")
        elif tag == "textarea" and name:
            self._text = name
            self.forms[-1].fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text:
            self.forms[-1].fields[self._text] += data

    def _add(self, name: str, value: str) -> None:
        fields = self.forms[-1].fields
        if name in fields:
            fields[name] = [*(fields[name] if isinstance(fields[name], list) else [fields[name]]), value]
        else:
            fields[name] = value


def forms_of(answer: httpx.Response) -> list[FoundForm]:
    """All forms of a page."""
    parser = _Forms()
    parser.feed(answer.text)
    return parser.forms


def form_to(answer: httpx.Response, action: str) -> FoundForm:
    """The first form of a page that goes there."""
    found = [form for form in forms_of(answer) if form.action.split("?")[0] == action]
    assert found, f"no form to {action} among {[form.action for form in forms_of(answer)]}"
    return found[0]


def words_of(answer: httpx.Response) -> str:
    """What a page says, without tags."""
    body = re.sub(r"(?s)<(head|svg|dialog).*?</\1>", " ", answer.text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).strip()


@dataclass
class Visitor:
    """Somebody with a browser. Redirects are not followed: each answer is looked at."""

    app: Any
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = ADDRESS
    client: tuple[str, int] = ("203.0.113.7", 4711)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Look at a page."""
        return self._send("GET", path, headers)

    def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Send fields as they are, with the origin of our pages unless told otherwise."""
        sent = {"origin": self.address, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self._send("POST", path, sent, data=fields or {})

    def send(self, page: httpx.Response, action: str, **changes: Any) -> httpx.Response:
        """Fill the form of a page that goes there, and send it."""
        form = form_to(page, action)
        assert form.method == "post"
        return self.post(form.action, form.fields | changes)

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """The page that an answer leads to."""
        assert answer.status_code == 303, (answer.status_code, words_of(answer))
        return self.get(answer.headers["location"])

    def sign_in(self, email: str, password: str = PASSWORD, **changes: Any) -> httpx.Response:
        """Sign in with the form."""
        return self.send(self.get("/sign-in"), "/sign-in", email=email, password=password, **changes)

    def _send(self, method: str, path: str, headers: dict[str, str], **request: Any) -> httpx.Response:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"accept": "text/html", **({"cookie": kept} if kept else {}), **headers}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=self.client)
            async with httpx.AsyncClient(transport=transport, base_url=self.address) as client:
                return await client.request(method, path, headers=sent, **request)

        answer = anyio.run(ask)
        for cookie in answer.headers.get_list("set-cookie"):
            self._keep(cookie)
        return answer

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.split(";", maxsplit=1)[0].partition("=")
        if "max-age=0" in cookie.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value
