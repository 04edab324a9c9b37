"""Tokens and seals hold for one visitor, and nothing made up passes."""

import pytest

from mothlight.web.pages.proof import form_token, is_form_token, seal, unseal

MADE_UP = ["", "x", "é", "\ud800", "A" * 43, "A" * 42, "!" * 43, "A" * 10_000]


def test_a_token_holds_for_its_visitor_only_and_is_never_the_same():
    tokens = {form_token("secret") for _ in range(100)}

    assert len(tokens) == 100
    assert all(is_form_token("secret", token) for token in tokens)
    assert not any(is_form_token("another", token) for token in tokens)


@pytest.mark.parametrize("token", MADE_UP)
def test_a_made_up_token_does_not_hold(token):
    assert not is_form_token("secret", token)


@pytest.mark.parametrize("content", [b"", b"x", "é".encode() * 500])
def test_what_was_sealed_comes_back_to_its_visitor_only(content):
    sealed = seal("secret", content)

    assert unseal("secret", sealed) == content
    assert unseal("another", sealed) is None
    assert unseal("secret", sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB")) is None


@pytest.mark.parametrize("text", MADE_UP)
def test_a_made_up_seal_is_nothing(text):
    assert unseal("secret", text) is None


def test_a_token_is_no_seal_of_something_else():
    assert unseal("secret", form_token("secret")) is None
