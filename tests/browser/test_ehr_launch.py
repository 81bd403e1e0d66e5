"""A launch from an EHR in a real browser: from the EHR's page in a new tab to the chart, under the content security policy."""

import pytest
from playwright.sync_api import expect

from rpm_portal.accounts.models import SecondFactor
from rpm_portal.fhir.ehr.models import EhrPatient, EhrUser
from tests.browser.test_single_sign_on import check_page
from tests.builders import PASSWORD
from tests.conftest import CHROMIUM
from tests.fhir.fake_ehr import FakeEhr, a_link, a_patient_resource

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def ehr(live_world, live_server):
    """An EHR in which the physician has the practice's patient open."""
    server = FakeEhr()
    link = a_link(live_world, server.base)
    server.portal = f"{live_server.url}/ehr/launch/{link.public_id}/"
    server.add(a_patient_resource(live_world.patient))
    server.sign_in(live_world.members["physician"])
    yield server
    server.stop()


def launch(page, ehr):
    """The tab in which the EHR opened the portal."""
    page.goto(f"{ehr.origin}/chart")
    with page.expect_popup() as popup:
        page.get_by_role("link", name="RPM").click()
    return popup.value


def test_a_physician_opens_the_chart_from_the_ehr_in_a_new_tab(page, live_server, live_world, ehr):
    assert live_world.practice.second_factor == SecondFactor.NOBODY
    tab = launch(page, ehr)
    errors = []
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    expect(tab.get_by_role("heading", name=f"Are you {live_world.user('physician')}?")).to_be_visible()
    check_page(tab, "ehr_person")
    tab.get_by_label("Your password for the portal").fill(PASSWORD)
    tab.get_by_role("button", name="Continue as").click()
    expect(tab).to_have_url(f"{live_server.url}/patients/{live_world.patient.public_id}/")
    expect(tab.get_by_role("heading", name=str(live_world.patient))).to_be_visible()
    assert (EhrUser.objects.count(), EhrPatient.objects.count()) == (1, 1)

    again = launch(page, ehr)
    expect(again).to_have_url(f"{live_server.url}/patients/{live_world.patient.public_id}/")

    ehr.patient = "p-2"
    ehr.add(a_patient_resource(live_world.patient, own="p-2", birthDate="1951-03-02"))
    differs = launch(page, ehr)
    expect(differs.get_by_text("The two records differ")).to_be_visible()
    check_page(differs, "ehr_patient_differs")

    ehr.claims["aud"] = "another-program"
    refused = launch(page, ehr)
    expect(refused.get_by_role("alert")).to_contain_text("for another program")
    check_page(refused, "ehr_refused")
    assert errors == []
