"""The list of issues: what it shows, and the forms on it."""


def test_a_new_project_leads_to_its_first_steps(owner, site):
    page = owner.get(site.path("issues"))
    assert page.status_code == 200, page.text
    assert f'href="{site.path("start")}"' in page.text
