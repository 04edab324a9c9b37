"""How personal API keys and project tokens look, and what is kept of them."""

import hashlib
import re

import pytest

from mothlight.access.keys import check_given_key, hash_key, make_key, mask_key, random_text
from mothlight.access.tokens import check_given_token, make_token
from mothlight.model.errors import Refused


def test_a_key_is_the_prefix_and_35_random_bytes_as_letters_and_digits():
    keys = {make_key() for _ in range(100)}

    assert len(keys) == 100
    assert all(re.fullmatch(r"phx_[A-Za-z0-9]{48}", key) for key in keys)
    assert 62**48 >= 256**35 > 62**46


def test_a_token_is_short_enough_for_every_sdk():
    token = make_token()

    assert re.fullmatch(r"phc_[A-Za-z0-9]{43}", token)
    assert len(token) <= 64


def test_the_hash_is_the_sha256_of_the_whole_key_unsalted():
    assert hash_key("phx_example") == "sha256$" + hashlib.sha256(b"phx_example").hexdigest()


def test_the_mask_shows_the_first_and_the_last_four_characters():
    assert mask_key("phx_abcdefgh9zQk") == "phx_...9zQk"


def test_random_text_can_take_every_character():
    text = "".join(random_text(35) for _ in range(100))

    assert len(set(text)) == 62


@pytest.mark.parametrize("value", ["phx_a", "phx_acceptance000", "phx_A-b_9", "phx_" + "x" * 196])
def test_an_operator_may_choose_a_key(value):
    assert check_given_key(value) == value


@pytest.mark.parametrize("value", ["", "phx_", "phc_a", "secret", "phx_a b", "phx_é", "phx_a\n", "phx_" + "x" * 197])
def test_what_does_not_look_like_a_key_is_refused(value):
    with pytest.raises(Refused, match="A personal API key is phx_"):
        check_given_key(value)


@pytest.mark.parametrize("value", ["phc_a", "phc_local_token", "phc_" + "x" * 60])
def test_an_operator_may_choose_a_token(value):
    assert check_given_token(value) == value


@pytest.mark.parametrize("value", ["", "phc_", "phx_a", "token", "phc_a b", "phc_é", "phc_a\n", "phc_" + "x" * 61])
def test_what_does_not_look_like_a_token_is_refused(value):
    with pytest.raises(Refused, match="A project token is phc_"):
        check_given_token(value)
