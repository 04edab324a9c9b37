"""Passwords: hashed with argon2id, verified, never kept."""

import pytest

from mothlight.access.passwords import hash_password, make_password, verify_password
from mothlight.model.errors import Refused


def test_the_right_password_is_verified_and_no_other():
    stored = hash_password("correct horse battery")

    assert stored.startswith("$argon2id$")
    assert "correct" not in stored
    assert verify_password(stored, "correct horse battery")
    assert not verify_password(stored, "correct horse batterz")


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_nobody_signs_in_without_a_stored_password(stored):
    assert not verify_password(stored, "")
    assert not verify_password(stored, "anything at all")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1001])
def test_a_password_of_a_bad_length_is_refused(password):
    with pytest.raises(Refused, match="8 to 1000 characters"):
        hash_password(password)


def test_made_passwords_differ_and_are_long_enough():
    assert make_password() != make_password()
    assert len(make_password()) == 22
