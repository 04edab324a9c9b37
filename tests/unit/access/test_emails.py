"""Addresses, and which of them say where somebody works."""

import pytest

from mothlight.access.emails import read_email
from mothlight.access.mail_domains import company_domain
from mothlight.access.test_accounts import default_test_account_filters
from mothlight.model.errors import Refused

LOCAL = {"key": "$host", "operator": "not_regex", "value": r"^(localhost|127\.0\.0\.1)($|:)", "type": "event"}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada.L+x@Example.COM ", "ada.l+x@example.com"),
        ("admin@localhost", "admin@localhost"),
        ("jürgen@bücher.example", "jürgen@bücher.example"),
    ],
)
def test_an_address_comes_back_trimmed_and_in_lower_case(text, address):
    assert read_email(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "ada", "@example.com", "ada@", "a b@example.com", "a@b@c", "a@b..c", "a@.b", "a\x00@b.c", "x" * 65 + "@b.c"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Refused, match="is not an e-mail address"):
        read_email(text)


@pytest.mark.parametrize(
    ("emails", "domain"),
    [
        (["ada@moths.example"], "moths.example"),
        (["ada@gmail.com"], None),
        (["ada@Gmail.com", "bob@Moths.Example"], "moths.example"),
        (["ada@outlook.com", "a@proton.me", "a@qq.com", "a@web.de"], None),
        (["admin@localhost"], None),
        ([], None),
    ],
)
def test_the_company_is_the_first_domain_that_is_no_providers(emails, domain):
    assert company_domain(emails) == domain


def test_a_new_project_hides_development_machines():
    assert default_test_account_filters(["ada@gmail.com"]) == [LOCAL]


def test_the_companys_own_addresses_come_first():
    own = {"key": "email", "operator": "not_icontains", "value": "@moths.example", "type": "person"}

    assert default_test_account_filters(["ada@moths.example"]) == [own, LOCAL]
