"""Nine delivered claims of one practice, and the answer files of payers as templates with what the product makes up."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.answers import post
from billing.claims.delivery import deliver
from billing.ledger.balances import kept_balances
from billing.models import (
    Claim,
    ClaimLine,
    ClaimVersion,
    LineBalance,
    MonthClose,
    Submission,
    content_digest,
)
from billing.models.submissions import EventKind
from enrollment.models import Payer
from tests.builders import a_patient, a_world, an_enrollment
from tests.conftest import SHARED
from tests.snapshot import Snapshot

SENT_AT = datetime(2026, 11, 29, 15, 30, tzinfo=UTC)
NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
CASES = SHARED / "cases" / "answers"
needs_cases = pytest.mark.skipif(not CASES.exists(), reason="the shared folder is absent")
PATIENTS = (
    ("Ashby", "Nora"), ("Brandt", "Otto"), ("Calder", "Iris"), ("Dorsey", "Hugh"), ("Ellery", "Maud"), ("Fenwick", "Abel"),
    ("Garvin", "Lena"), ("Hobart", "Enid"), ("Ingle", "Ross"),
)  # fmt: skip
TWO_LINES = (("A", "99454", (), "65.00", "2026-10-15"), ("B", "99457", (), "70.00", "2026-10-31"))
LINES = {
    8: (("A", "98977", ("GP",), "60.00", "2026-10-15"), ("B", "98980", ("GP",), "75.00", "2026-10-31")),
    9: (
        ("A", "99454", (), "65.00", "2026-10-01"),
        ("B", "99454", (), "65.00", "2026-10-31"),
        ("C", "99457", (), "70.00", "2026-10-31"),
    ),
}  # fmt: skip


def _line(world, claim, enrolled, letter, code, modifiers, dos):
    return ClaimLine.objects.create(
        practice=world.practice, claim=claim, close=claim.close, enrollment=enrolled, patient=claim.patient, code=code,
        component=f"c{letter}", units=1, dos=date.fromisoformat(dos), modifiers=list(modifiers), state="approved",
        own_reasons=[], digest="0" * 64, policy="p",
    )  # fmt: skip


def _claim(world, number, payer):
    family, given = PATIENTS[number - 1]
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn=f"N{number}", family=family, given_name=given)
    enrolled = an_enrollment(world, patient, serial=f"cuff-{number}-{world.practice.pk}", payer=payer)
    claim = Claim.objects.create(
        practice=world.practice, close=world.close, patient=patient, payer=payer,
        billing_provider=world.members["physician"],
    )  # fmt: skip
    services = []
    for letter, code, modifiers, charge, dos in LINES.get(number, TWO_LINES):
        line = _line(world, claim, enrolled, letter, code, modifiers, dos)
        services.append({
            "control": line.public_id, "code": code, "modifiers": list(modifiers), "units": 1, "charge": charge,
            "dos": dos, "pointers": [1], "ordering": None,
        })  # fmt: skip
    return claim, services


def _version(world, number, claim, services):
    content = {"payer": claim.payer.name, "diagnoses": ["I10"], "services": services}
    return ClaimVersion.objects.create(
        practice=world.practice, claim=claim, number=1, submission=world.submission, transaction_number="0007",
        frequency="1", control=f"CLM{world.practice.pk}X{number:04d}", lines=len(services),
        total=sum(Decimal(one["charge"]) for one in services), content=content, digest=content_digest(content),
        payer_rank="P",
    )  # fmt: skip


def _built():
    world = a_world()
    northwind = Payer.objects.create(practice=world.practice, name="Northwind", payer_code="60054", filing="CI")
    Payer.objects.filter(pk=world.payer.pk).update(payer_code="04412", filing="MB")
    world.close = MonthClose.objects.create(practice=world.practice, month=date(2026, 10, 1), zone=world.practice.zone)
    world.submission = Submission.objects.create(
        practice=world.practice, number=7, close=world.close, form="837p", made_at=SENT_AT,
        made_by=world.user("biller"), sha256="0" * 64, body=b"", claims=9, lines=19, total=Decimal("1280.00"),
        interchange="000000007", interchange_date="261129", interchange_time="0930", group="7",
        batch=f"{world.practice.npi}-7",
    )  # fmt: skip
    for number in range(1, 10):
        claim, services = _claim(world, number, northwind if number == 7 else world.payer)
        _version(world, number, claim, services)
    deliver([world.submission], kind=EventKind.SAID_UPLOADED, by=world.user("biller"), now=SENT_AT)
    return world


answers_world = Snapshot(_built)


def version(world, number):
    """The version of claim `number`, as it is stored now."""
    return ClaimVersion.objects.select_related("submission", "claim__payer").get(
        practice=world.practice, control=f"CLM{world.practice.pk}X{number:04d}"
    )


def _values(world):
    values = {
        "NPI": world.practice.npi, "TAXID": world.practice.tax_id.replace("-", ""), "PRACTICE": world.practice.name.upper(),
        "SUBMITTER": "PRAIRIE01", "SUBMITTER15": f"{'PRAIRIE01':<15}", "SUBMITTER9": "PRAIRIE01", "GROUP": "7",
        "ISA13": "000000007", "ISA13B": "000000008", "ISADATE": "261129", "ISATIME": "0930",
        "BATCH": f"{world.practice.npi}-7", "ST1": "0007", "ST2": "0008", "ICN1B": "2026330000021", "ICN1S": "2026330000031",
    }  # fmt: skip
    for number in range(1, 10):
        row = version(world, number)
        values |= {
            f"CLAIM{number}": row.control,
            f"ICN{number}": f"20263300000{number:02d}",
            f"MEMBER{number}": "1EG4TE5MK73",
        }
        for letter, service in zip("ABC", row.as_sent()["services"], strict=False):
            values |= {
                f"LINE{number}{letter}": service["control"],
                f"LINE{number}{letter}^": service["control"].upper(),
            }
    return values


def fill(world, text):
    """A template with its placeholders filled in."""
    for name, value in _values(world).items():
        text = text.replace(f"{{{name}}}", value)
    return text.encode()


def template(world, name):
    """The body of a given answer file."""
    return fill(world, next(CASES.glob(f"{name}.*[!t]")).read_text())


def post_body(world, body, *, now=NOW):
    """Post the bytes of a file."""
    return post.post_file(practice=world.practice, body=body, by=world.members["biller"], now=now)


def post_case(world, name):
    """Post a given answer file."""
    return post_body(world, template(world, name))


def state(world, number):
    """The state of claim `number`."""
    return version(world, number).state


def balance(world, number, letter=""):
    """The kept balances of a claim's lines added up, or that of one line."""
    row = version(world, number)
    found = LineBalance.objects.filter(claim=row.claim)
    if letter:
        control = row.as_sent()["services"]["ABC".index(letter)]["control"]
        return found.get(line__public_id=control)
    total = LineBalance()
    for one in kept_balances([row.claim_id]).values():
        for name in ("charge", "paid", "contractual", "sequestration", "patient", "other_payer", "refused", "open"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
    assert found.exists()
    return total
