"""The reference of the readings API: every address of the description, and no script from elsewhere."""

import re

from django.test import Client
from django.urls import reverse

from monitoring.views.api import api
from monitoring.views.reference import operations
from tests.builders import at
from tests.monitoring.views.test_api import key_of

BACKEND = "rpm_portal.accounts.backends.PortalBackend"
AFTER_THE_EXAMPLES = at("2026-12-01", "12:00:00")


def test_every_address_of_the_description_is_on_the_page_and_no_script_is_foreign(world):
    client = Client()
    client.force_login(world.user("manager"), backend=BACKEND)
    page = client.get(reverse("monitoring:reference")).content.decode()

    for address in api.get_openapi_schema(path_prefix="/api/")["paths"]:
        assert address in page, address
    sources = re.findall(r'<script[^>]*src="([^"]+)"', page)
    assert any("reference" in source for source in sources)
    assert all(source.startswith("/static/") for source in sources)
    assert not re.search(
        r"<script(?![^>]*src=)[^>]*>\s*\S", re.sub(r"<script[^>]*application/json.*?</script>", "", page)
    )


def test_each_example_that_can_be_tried_is_taken_by_its_own_address(world, monkeypatch):
    # An example that is still in the future would be refused.
    monkeypatch.setattr("monitoring.views.api.timezone.now", lambda: AFTER_THE_EXAMPLES)
    rows = [row for row in operations(api.get_openapi_schema(path_prefix="/api/")) if row["can_try"]]
    shapes = {"readings": "portal", "telli": "telli", "tenovi": "tenovi", "bodytrace": "bodytrace",
              "withings": "withings", "fhir": "fhir", "csv": "csv"}  # fmt: skip

    assert len(rows) >= 6
    for row in rows:
        key = key_of(world, shapes[row["address"].split("/")[2]])
        address = row["address"].replace("{key}", key)
        answer = Client().post(address, row["example"], content_type=row["media"], headers={"x-api-key": key})
        assert answer.status_code in {200, 202}, (row["address"], answer.content)
