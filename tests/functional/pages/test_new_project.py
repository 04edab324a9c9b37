"""Another project."""

import pytest

from mothlight.storage.metadata.engine import reading
from mothlight.storage.metadata.repositories import access
from tests.support.visitor import form_to

PATH = "/projects/new"


@pytest.fixture
def names(site):
    """The names of the projects of the owner's organization."""

    def find():
        with reading(site.cast.engine) as connection:
            return [each.name for each in access.list_projects(connection, [site.project.organization_id])]

    return find


def test_an_admin_makes_one_and_is_led_to_its_first_steps(owner, names):
    answer = owner.send(owner.get(PATH), PATH, name="  Warehouse ")
    page = owner.follow(answer)

    assert "Warehouse" in names()
    assert answer.headers["location"].endswith("/start")
    assert "Warehouse is made" in page.text
    assert "Waiting for the first exception of Warehouse" in page.text


def test_a_blank_name_is_refused_beside_the_field(owner, names):
    before = names()
    answer = owner.send(owner.get(PATH), PATH, name="  ")

    assert answer.status_code == 400
    assert 'id="fault-name"' in answer.text
    assert names() == before


def test_the_menu_of_projects_leads_there_for_admins_only(site, owner, member):
    assert f'href="{PATH}"' in owner.get(site.path("issues")).text
    assert f'href="{PATH}"' not in member.get(site.path("issues")).text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_member_makes_none(site, member, names, method):
    before = names()
    token = form_to(member.get("/nothing"), "/sign-out").fields
    answer = member.get(PATH) if method == "GET" else member.post(PATH, {**token, "name": "Warehouse"})

    assert (answer.status_code, names()) == (403, before)


@pytest.mark.parametrize("chosen", ["{theirs}", "019bb1a2-0000-7000-8000-000000000000", "x"])
def test_nobody_makes_one_in_an_organization_of_others(site, stranger, names, chosen):
    before = names()
    token = form_to(stranger.get("/nothing"), "/sign-out").fields
    fields = {**token, "name": "Warehouse", "organization": chosen.format(theirs=site.project.organization_id)}
    answer = stranger.post(PATH, fields)

    assert (answer.status_code, names()) == (403, before)
