"""What scopes cover (api.md 1.4)."""

import pytest

from mothlight.access.scopes import SCOPES, check_scopes, covers
from mothlight.model.errors import Refused


@pytest.mark.parametrize(
    ("scopes", "needed", "covered"),
    [
        (["error_tracking:read"], "error_tracking:read", True),
        (["error_tracking:write"], "error_tracking:read", True),
        (["error_tracking:write"], "error_tracking:write", True),
        (["error_tracking:read"], "error_tracking:write", False),
        (["project:write"], "project:read", True),
        (["project:write"], "error_tracking:read", False),
        (["activity_log:read"], "error_tracking:read", False),
        (["error_tracking:*"], "error_tracking:read", False),
        ([], "error_tracking:read", False),
        (["user:read", "person:read"], "person:read", True),
    ],
)
def test_a_scope_covers_itself_and_a_write_scope_its_read_scope(scopes, needed, covered):
    assert covers(scopes, needed) is covered


@pytest.mark.parametrize("needed", sorted(SCOPES))
def test_a_star_covers_all(needed):
    assert covers(["*"], needed)


def test_known_scopes_pass_each_once_in_their_order():
    assert check_scopes(["user:read", "*", "user:read"]) == ("user:read", "*")
    assert check_scopes([]) == ()


@pytest.mark.parametrize("scope", ["", "error_tracking", "error_tracking:*", "Error_Tracking:read", "insight:read"])
def test_an_unknown_scope_is_refused_with_the_known_ones(scope):
    with pytest.raises(Refused, match=r"is not a scope. Choose from: \*, activity_log:read"):
        check_scopes([scope])
