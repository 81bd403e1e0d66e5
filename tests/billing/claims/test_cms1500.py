"""The CMS-1500 print: every box at its position, six lines a form, the same bytes for the same claims."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.claims.formats import cms1500
from billing.claims.formats.content import Address, Content, ProviderName, Service
from billing.claims.ready_claims import claims_of
from tests.billing.sending_world import complete, leave, sealed
from tests.test_access import signed_in

LINE = Service(
    control="l1", code="99454", modifiers=("95", "KX"), units=1, charge="65.00", dos="2026-03-11", pointers=(1,),
    ordering=ProviderName("Patel", "Asha", "1245319599"),
)  # fmt: skip
CLAIM = Content(
    control="CLM77", frequency="1", original="", practice="Prairie, Inc.", practice_npi="1881761864", tax_id="123456789",
    taxonomy="207Q00000X", practice_address=Address("12 Lake Street", "Chicago", "IL", "606011234"), payer="Medicare Part B",
    payer_id="04412", filing="MB", medicare=True, family="Ortega-Núñez", given="Miguel", member_id="1EG4TE5MK73",
    born="1950-03-02", sex="M", address=Address("7 Elm Rd, Apt 2", "Évanston", "IL", "60201"),
    rendering=ProviderName("Patel", "Asha", "1245319599"), place="11", diagnoses=("I10", "E11.9"), services=(LINE,), total="65.00",
)  # fmt: skip
# Box: (line, column), text.
BOXES = {
    "1 Medicare": (8, 1, "X"),
    "1a": (8, 50, "1EG4TE5MK73"),
    "2": (10, 1, "ORTEGA-NUNEZ, MIGUEL"),
    "3 month": (10, 31, "03"),
    "3 year": (10, 37, "1950"),
    "3 male": (10, 42, "X"),
    "5": (12, 1, "7 ELM RD APT 2"),
    "6 self": (12, 33, "X"),
    "5 city": (14, 1, "EVANSTON"),
    "5 state": (14, 26, "IL"),
    "5 zip": (16, 1, "60201"),
    "10a no": (20, 41, "X"),
    "11": (18, 50, "NONE"),
    "17": (34, 4, "ASHA PATEL"),
    "17 qualifier": (34, 1, "DK"),
    "17b": (34, 33, "1245319599"),
    "21": (37, 42, "0"),
    "21 A": (38, 3, "I10"),
    "21 B": (38, 16, "E119"),
    "24A from": (43, 1, "03"),
    "24A to": (43, 16, "26"),
    "24B": (43, 19, "11"),
    "24D": (43, 25, "99454"),
    "24D modifier": (43, 36, "KX"),
    "24E": (43, 45, "A"),
    "24F": (43, 50, "    65 00"),
    "24G": (43, 59, "1"),
    "24J": (43, 68, "1245319599"),
    "25": (56, 1, "123456789"),
    "26": (56, 23, "CLM77"),
    "27 yes": (56, 38, "X"),
    "28": (56, 52, "    65 00"),
    "33": (58, 50, "PRAIRIE INC"),
    "33 city": (60, 50, "CHICAGO IL 60601-1234"),
    "33a": (61, 51, "1881761864"),
}


@pytest.mark.parametrize("box", BOXES)
def test_each_box_has_its_text_at_its_position(box):
    (form,) = cms1500.forms(CLAIM)
    line, column, text = BOXES[box]
    assert form.get((line, column)) == text


def test_a_void_names_the_payers_number_and_box_31_stays_empty():
    (form,) = cms1500.forms(replace(CLAIM, frequency="8", original="P-900/1"))

    assert (form[38, 50], form[38, 62]) == ("8", "P 900 1")
    assert not [place for place in form if place[0] == 60 and place[1] < 23]


def test_another_payer_is_marked_as_other_and_leaves_box_11_empty():
    (form,) = cms1500.forms(replace(CLAIM, filing="CI", medicare=False, sex="U"))
    assert form[8, 45] == "X"
    assert (18, 50) not in form
    assert (10, 42) not in form


@given(st.integers(0, 14))
def test_a_form_has_six_lines_and_the_totals_add_up_to_the_claims(number):
    lines = tuple(replace(LINE, charge=f"{n + 1}.25", code=f"{10000 + n}") for n in range(number))
    forms = list(cms1500.forms(replace(CLAIM, services=lines)))

    assert len(forms) == max(1, -(-number // 6))
    codes = [form[line, 25] for form in forms for line in range(43, 54, 2) if (line, 25) in form]
    assert codes == [line.code for line in lines]
    cents = [int(form[56, 52].replace(" ", "")) for form in forms]
    assert sum(cents) == sum((n + 1) * 100 + 25 for n in range(number))


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_runs_into_the_next_box_or_out_of_the_letters_of_the_form(family, street):
    (form,) = cms1500.forms(replace(CLAIM, family=family, address=replace(CLAIM.address, street=street)))
    for (line, column), text in form.items():
        assert text.isascii()
        later = [other for at, other in form if at == line and other > column]
        assert column + len(text) <= min(later, default=82), (line, column, text)


def test_the_same_claims_give_the_same_bytes_and_the_margins_move_them():
    assert cms1500.write([CLAIM]) == cms1500.write([CLAIM])
    assert cms1500.write([CLAIM], left=30) != cms1500.write([CLAIM])


def test_a_month_is_sent_on_the_form_and_stored(world):
    complete(world)
    close = sealed(world)
    export = leave(world, close, shape="paper")

    assert bytes(export.body).startswith(b"%PDF")
    assert claims_of(close)[0].status == "sent"
    file = signed_in(world.user("manager")).get(f"/submissions/{export.public_id}/file/")
    assert file["Content-Type"] == "application/pdf"
    assert file.content == bytes(export.body)
