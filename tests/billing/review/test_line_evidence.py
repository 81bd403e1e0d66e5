"""The page of a claim line, its text for a payer, and the packet: each reason with the documents of its rule."""

import pytest
from django.test import Client
from django.urls import reverse

from billing.evidence.gather import packets_of
from billing.models import Claim, LineState
from billing.review.line_evidence import as_text
from billing.rules import load_codes
from tests.billing.sending_world import complete, sealed

NGS = "https://www.ngsmedicare.com/web/ngs/remote-monitoring-services?selectedArticleId=4521902"


@pytest.fixture
def closed(world):
    complete(world)
    world.close = sealed(world)
    return world


def line_of(world, code: str):
    return world.close.lines.get(code=code, state=LineState.APPROVED)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "finding"), [("99454", "DEVICE_DAYS_MET"), ("99457", "MGMT_TIME_MET"), ("99453", "SETUP_DAYS_MET")]
)
def test_a_reason_that_compares_a_threshold_cites_the_documents_of_that_threshold(closed, code, finding):
    line = line_of(closed, code)
    (reason,) = [reason for reason in line.because if reason["code"] == finding]

    assert reason["citation"] == load_codes().by_code[code].min_citation(line.dos).as_json()


def test_the_page_shows_title_and_link_of_each_source_and_what_is_not_verified(closed):
    client = Client()
    client.force_login(closed.user("biller"), backend="rpm_portal.accounts.backends.PortalBackend")
    page = client.get(reverse("billing:line", args=[line_of(closed, "99454").public_id])).content.decode()

    assert f'<a href="{NGS}" rel="noreferrer">National Government Services' in page
    assert "Payer rule order_kind." in page
    assert "<b>Not verified.</b> The rule is about device codes; management is our extension." in page
    assert "document headed order" not in page


def test_a_source_of_a_payers_exception_is_shown_as_text(closed):
    line = line_of(closed, "99457")
    line.reasons = [
        {"code": "X", "gravity": "met", "says": "Live.", "parameter": "live_by", "citation": {"note": "<b>Bulletin"}}
    ]

    assert as_text(line).splitlines()[1] == "  PASS  Live. [<b>Bulletin]"


def test_the_text_for_a_payer_has_the_address_of_each_source(closed):
    text = as_text(line_of(closed, "99454"))

    assert "A signed practitioner order is on file (effective" in text
    assert f"article 4521902, {NGS}.]" in text


def test_the_packet_lists_each_source_once_and_reasons_refer_to_it_by_number(closed):
    (packet,) = packets_of(closed.close, list(Claim.objects.filter(close=closed.close)))
    parts = {part.key: part for part in packet.parts}
    sources = parts["sources"].rows
    by_reason = {(code, says): numbers for code, _, says, numbers in parts["reasons"].rows}
    (order,) = {
        numbers for (_, says), numbers in by_reason.items() if says.startswith("A signed practitioner order is on file")
    }

    assert [row[0] for row in sources] == [str(number) for number in range(1, len(sources) + 1)]
    assert len({row[1:] for row in sources}) == len(sources)
    assert all(row[3].startswith("https://") for row in sources)
    assert sources[int(order) - 1][3] == NGS
    assert any("; not verified; " in numbers for numbers in by_reason.values())
    assert "" not in {numbers for (_, says), numbers in by_reason.items() if "99454 requires at least 16" in says}
    assert parts["sources"] not in packet.missing_documents
