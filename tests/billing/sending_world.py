"""A sealed month whose claims are complete, and the payer's answers to them."""

from datetime import date
from decimal import Decimal

from billing.claims.delivery import confirm_delivery
from billing.claims.ready_claims import claims_of
from billing.claims.send import send
from billing.close.moves import move_line
from billing.models import (
    BillingProfile,
    Charge,
    ClaimLine,
    ClaimVersion,
    ClearinghouseChannel,
    MonthClose,
    Submission,
)
from billing.seal import services as sealing
from billing.seal.signed_month import sign_month
from tests.billing.close.test_close import AFTER, approve_all, compute
from tests.builders import a_world, days, seal
from tests.roles import as_owner
from tests.snapshot import Snapshot

CODES = {"99453": "25.00", "99454": "65.00", "99445": "60.50", "99457": "70.00", "99458": "55.00", "99470": "40.00"}


ANY_DAY = date(2019, 1, 1)
PROFILE = {
    "channel": "Clearing House One", "taxonomy": "207Q00000X", "street": "12 Lake Street", "city": "Chicago", "state": "IL",
    "postal_code": "60601-1234", "phone": "312-555-0100",
}  # fmt: skip
CHANNEL = {
    "name": "Clearing House One", "submitter_id": "PRAIRIE01", "receiver": "Clearing House One", "receiver_id": "CLEAR01",
    "contact": "June Abbott", "phone": "312-555-0100",
}  # fmt: skip


def bill_as(practice, *, starts_on=ANY_DAY, **values):
    """A billing profile of a practice; and its clearinghouse, unless the practice has it."""
    row = BillingProfile(practice=practice, starts_on=starts_on, **PROFILE | values)
    row.full_clean()
    row.save()
    name = {"name": row.channel}
    ClearinghouseChannel.objects.get_or_create(
        practice=practice, **name, defaults={**CHANNEL, **name, "starts_on": ANY_DAY}
    )
    return row


def complete(world):
    """Add what a claim needs besides the clinical facts."""
    bill_as(world.practice)
    Charge.objects.bulk_create(
        Charge(practice=world.practice, code=code, starts_on=date(2025, 1, 1), amount=Decimal(amount))
        for code, amount in CODES.items()
    )
    world.payer.payer_code, world.payer.filing = "04412", "MB"
    world.payer.save()
    live_at(world.patient)


def live_at(patient):
    """Give a patient an address."""
    patient.street, patient.city, patient.state, patient.postal_code = "7 Elm Rd, Apt 2", "Évanston", "IL", "60201"
    patient.save()


def reviewed(world, *, last="2026-03-31"):
    """Work in March, and its close with all lines approved."""
    world.read(days("2026-02-10", last))
    world.work("2026-03-12", 700)
    world.work("2026-03-19", 600)
    world.call("2026-03-12")
    close = compute(world)
    approve_all(close, world)
    return close


def sealed(world, *, last="2026-03-31"):
    """Work in March, and its sealed close."""
    return seal(reviewed(world, last=last), world, now=AFTER)


def move_and_seal_again(world, close, codes, *states):
    """Reopen a sealed month, compute it again, move lines of some codes through the states, and seal it again."""
    sealing.reopen_month(close=close, by=world.members["qhp"], reason="A line needs another look", now=AFTER)
    close = compute(world)
    approve_all(close, world)
    for line in ClaimLine.objects.filter(close=close, code__in=codes, state="approved"):
        for state in states:
            move_line(line=line, to=state, reason="looked at again", by=world.user("manager"), now=AFTER)
    return seal(MonthClose.objects.get(pk=close.pk), world, now=AFTER)


def set_line_state(close, state, **filters):
    """Set the state of lines of a locked month, which no action does, and sign them."""
    keys = list(ClaimLine.objects.filter(close=close, **filters).values_list("pk", flat=True))
    as_owner("UPDATE billing_claimline SET state = %s WHERE id = ANY(%s)", state, keys)
    sign_month(close, action="adjusted", by=None, now=AFTER)


def leave(world, close, *, shape="837p", now=AFTER, delivered=True, **options):
    """Send all claims that are due; a submission is delivered too."""
    chosen = options.pop("chosen", None)
    if chosen is None:
        chosen = [claim.claim.public_id for claim in claims_of(close) if claim.due]
    row = send(close=close, chosen=chosen, shape=shape, by=world.members["manager"], now=now, **options)
    if not delivered or not isinstance(row, Submission):
        return row
    confirm_delivery(submission=row, note="", by=world.members["manager"], now=now)
    return Submission.objects.get(pk=row.pk)


def _with_a_sent_month(world):
    """Add a sealed month whose only claim was sent."""
    complete(world)
    world.close = sealed(world)
    world.export = leave(world, world.close)
    return world


sent_month = Snapshot(lambda: _with_a_sent_month(a_world()))


def an_835(world, *, trace="EFT1", off="0", status="1", payee=None, number="P900", claims=None):
    """An 835 that pays eighty percent of every line of each sent claim; the rest is the patient's."""
    body, total = [], Decimal()
    for sent in claims if claims is not None else ClaimVersion.objects.filter(practice=world.practice).order_by("pk"):
        inner, paid_all = [], Decimal()
        for line in sent.content["services"]:
            charge = Decimal(line["charge"])
            paid = Decimal() if status == "4" else (charge * Decimal("0.8")).quantize(Decimal("0.01"))
            sign = -1 if status == "22" else 1
            group = "CO*50" if status == "4" else "PR*2"
            inner += [
                f"SVC*HC:{line['code']}*{sign * charge}*{sign * paid}**{line['units']}", f"DTM*472*{line['dos'].replace('-', '')}",
                f"CAS*{group}*{sign * (charge - paid)}", f"REF*6R*{line['control']}",
            ]  # fmt: skip
            paid_all += sign * paid
        sign = -1 if status == "22" else 1
        body += [f"CLP*{sent.control}*{status}*{sign * sent.total}*{paid_all}**MB*{number}{sent.pk}", *inner]
        total += paid_all
    total += Decimal(off)
    head = [
        "ST*835*0001", f"BPR*I*{total}*C*ACH************20260420", f"TRN*1*{trace}*1999999999", "N1*PR*MEDICARE PART B",
        f"N1*PE*PRAIRIE*XX*{payee or world.practice.npi}",
    ]  # fmt: skip
    return interchange([*head, *body], "HP")


def a_denial(world, **options):
    """An 835 that denies every line on the merits (CO 50): the claim is processed (CLP02 is 1)."""
    body = an_835(world, status="4", **options)
    for sent in ClaimVersion.objects.filter(practice=world.practice):
        body = body.replace(f"CLP*{sent.control}*4*".encode(), f"CLP*{sent.control}*1*".encode())
    return body


def a_reversal(world, *, trace="EFT2"):
    """An 835 that takes back what the first one paid; its negative total is moved to a later check (PLB FB)."""
    total = sum(sent.total for sent in ClaimVersion.objects.filter(practice=world.practice)) * Decimal("0.8")
    body = an_835(world, trace=trace, status="22", off=f"{total:.2f}")
    balance = f"~PLB*{world.practice.npi}*20261231*FB:{trace}*-{total:.2f}~SE*".encode()
    return recounted(body.replace(b"~SE*", balance))


def recounted(body):
    """An interchange of one changed transaction, with the right count of segments at its end."""
    segments = body.split(b"~")
    (start,), (end,) = (
        [at for at, segment in enumerate(segments) if segment.startswith(name)] for name in (b"ST*", b"SE*")
    )
    segments[end] = b"SE*%d*%b" % (end - start + 1, segments[end].rsplit(b"*", 1)[1])
    return b"~".join(segments)


def interchange(inner, kind, *, number="000000001"):
    """Segments of one transaction in their envelope."""
    isa = f"ISA*00*          *00*          *ZZ*CLEAR01        *ZZ*PRAIRIE01      *260420*1200*^*00501*{number}*0*P*:"
    group = f"GS*{kind}*CLEAR01*PRAIRIE01*20260420*1200*1*X*005010X221A1"
    transaction = [*inner, f"SE*{len(inner) + 1}*0001"]
    return ("~".join([isa, group, *transaction, "GE*1*1", f"IEA*1*{number}"]) + "~").encode()
