"""A reading's life as its sender tells it: known by identifier, amended, corrected back, taken back, sent again."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from enrollment import services as enrollment
from monitoring.intake import manual_entry, replay, take_in
from monitoring.models import Delivery, Reading, ReadingDay, SenderStatement, UnmatchedReading
from monitoring.queries import kept_days_that_differ
from monitoring.services import open_source, renew_key
from tests.builders import a_patient, an_enrollment, at

NOW = at("2026-06-30", "12:00:00")
BACKEND = "rpm_portal.accounts.backends.PortalBackend"


@pytest.fixture
def fhir(world):
    return Sender(world, "fhir")


@pytest.fixture
def portal(world):
    return Sender(world, "portal")


class Sender:
    """A source of one shape, and what it says."""

    def __init__(self, world, shape):
        self.world = world
        self.source, self.key = open_source(practice=world.practice, name=shape, shape=shape, now=NOW)

    def post(self, *resources, path="/api/fhir/Observation"):
        answers = [
            Client().post(path, json.dumps(body), content_type="application/json", headers={"x-api-key": self.key})
            for body in resources
        ]
        assert {answer.status_code for answer in answers} == {200}
        return [answer.json() for answer in answers]

    def take(self, body):
        return take_in.take_in(source=self.source, body=json.dumps(body).encode(), now=NOW)

    def pulse(self, value=63, *, day="2026-05-20", clock="07:00:00", name="n1", serial=None, **more):
        made = {
            "resourceType": "Observation", "status": "final", "effectiveDateTime": at(day, clock).isoformat(),
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
            "device": {"identifier": {"value": serial or self.world.serial}},
            "valueQuantity": {"value": value, "code": "/min"},
        }  # fmt: skip
        if name:
            made["identifier"] = [{"system": "urn:gateway", "value": name}]
        return made | more

    def retraction(self, name="n1", **more):
        return {
            "resourceType": "Observation", "status": "entered-in-error", "code": {"text": "removed"},
            "identifier": [{"system": "urn:gateway", "value": name}], **more,
        }  # fmt: skip

    def entry(self, systolic=128, *, day="2026-05-17", **more):
        return {
            "device": self.world.serial, "metric": "blood_pressure", "systolic": systolic, "diastolic": 79,
            "pulse": 66, "measured_at": at(day, "08:00:00").isoformat(), **more,
        }  # fmt: skip


def standing():
    rows = Reading.objects.filter(voided_at__isnull=True, received_at__isnull=False)
    return sorted(int(row.value) for row in rows)


def days():
    return ReadingDay.objects.filter(automatic__gt=0).count()


def test_the_id_of_a_posted_resource_names_nothing(fhir):
    for n, day in enumerate(("2026-05-10", "2026-05-11", "2026-05-12")):
        fhir.post(fhir.pulse(70 + n, day=day, name="", id="obs-1"))

    assert (standing(), days()) == ([70, 71, 72], 3)
    assert not UnmatchedReading.objects.exists()


@pytest.mark.parametrize("kind", ["batch", "transaction", "collection"])
def test_entries_that_each_bundle_numbers_anew_are_readings_of_their_own(fhir, kind):
    for day in (13, 14, 15):
        entries = [
            {"fullUrl": f"urn:uuid:0000000{n}-0000-4000-8000-000000000000",
             "resource": fhir.pulse(60 + day + n, day=f"2026-05-{day}", clock=f"0{n}:00:00", name="", id=str(n)),
             "request": {"method": "POST", "url": "Observation"}}
            for n in (1, 2)
        ]  # fmt: skip
        fhir.post({"resourceType": "Bundle", "type": kind, "entry": entries}, path="/api/fhir/")

    assert (len(standing()), days()) == (6, 3)


def test_an_entry_that_updates_by_address_is_named_by_it(fhir):
    def put(value, day):
        request = {"method": "PUT", "url": "Observation/abc"}
        entry = {"resource": fhir.pulse(value, day=day, name="", id="abc"), "request": request}
        return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}

    fhir.post(put(63, "2026-05-20"), put(64, "2026-05-21"), path="/api/fhir/")
    assert (standing(), days()) == ([64], 1)
    gone = {"resourceType": "Bundle", "type": "batch",
            "entry": [{"request": {"method": "DELETE", "url": "Observation/abc"}}]}  # fmt: skip
    (answer,) = fhir.post(gone, path="/api/fhir/")
    assert (standing(), answer["entry"][0]["response"]["status"]) == ([], "200 OK")


def identifier(value, system=None, use=None, kind=None):
    made = {"value": value}
    made |= {"system": system} if system else {}
    made |= {"use": use} if use else {}
    return made | ({"type": {"coding": [{"code": kind}]}} if kind else {})


TWO_READINGS = [
    ("systems", [identifier("17", "urn:a")], [identifier("17", "urn:b")]),
    ("placer order first", [identifier("O-9", kind="PLAC"), identifier("r-1", use="official")],
     [identifier("O-9", kind="PLAC"), identifier("r-2", use="official")]),
    ("official last", [identifier("E-1"), identifier("r-1", use="official")],
     [identifier("E-1"), identifier("r-2", use="official")]),
    ("secondary alone", [identifier("S-1", use="secondary")], [identifier("S-1", use="secondary")]),
    ("filler and accession", [identifier("F-1", kind="FILL"), identifier("A-1", kind="ACSN")],
     [identifier("F-1", kind="FILL"), identifier("A-1", kind="ACSN")]),
    ("two of the same use", [identifier("O-9", "urn:order"), identifier("r-1", "urn:r")],
     [identifier("O-9", "urn:order"), identifier("r-2", "urn:r")]),
    ("long values that differ at the end", [identifier("x" * 100 + "2026-05-18")],
     [identifier("x" * 100 + "2026-05-19")]),
    ("long systems", [identifier("1", "urn:" + "y" * 90 + "a")], [identifier("1", "urn:" + "y" * 90 + "b")]),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [row[1:] for row in TWO_READINGS], ids=[row[0] for row in TWO_READINGS])
def test_identifiers_that_differ_are_two_readings_and_nobody_has_to_look(fhir, first, second):
    fhir.post(fhir.pulse(61, day="2026-05-18", identifier=first), fhir.pulse(62, day="2026-05-19", identifier=second))

    assert (standing(), days()) == ([61, 62], 2)
    assert not UnmatchedReading.objects.exists()


def test_identifiers_in_another_order_name_the_same_reading(fhir):
    both = [identifier("17", "urn:a"), identifier("99", "urn:b")]
    fhir.post(fhir.pulse(61, identifier=both), fhir.pulse(62, identifier=both[::-1], status="amended"))

    assert standing() == [62]


def test_two_sources_may_use_the_same_identifier(world, fhir):
    other = Sender(world, "fhir")
    fhir.post(fhir.pulse(61, day="2026-05-18"))
    other.post(other.pulse(62, day="2026-05-19", status="amended"))
    other.post(other.retraction())

    assert standing() == [61]


def test_a_sender_keeps_its_names_when_its_key_is_replaced(world, fhir):
    fhir.post(fhir.pulse(61))
    fhir.source, fhir.key = renew_key(source=fhir.source, by=world.user("manager"), now=NOW)
    fhir.source, fhir.key = renew_key(source=fhir.source, by=world.user("manager"), now=NOW)
    fhir.post(fhir.pulse(62, status="amended"))

    assert standing() == [62]


def test_a_counter_that_begins_again_loses_no_day_and_a_person_is_asked(world, portal):
    answers = portal.post({"readings": [portal.entry(128, id="17")]}, path="/api/readings/")
    answers += portal.post({"readings": [portal.entry(131, day="2026-06-17", id="17")]}, path="/api/readings/")

    assert (standing(), days()) == ([128, 131], 2)
    assert [answer["new"] for answer in answers] == [1, 1]
    assert "both are kept" in answers[1]["details"][0]["said"]
    row = UnmatchedReading.objects.get()
    assert (row.reason, row.serial) == ("same_name", world.serial)
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    assert "names two measurements" in client.get("/readings/unmatched/").content.decode()
    # The delivery worked through once more asks nobody again, and what was asked stays asked.
    take_in.work(row.delivery_id, now=NOW)
    assert UnmatchedReading.objects.filter(resolved_at__isnull=True).count() == 1
    assert standing() == [128, 131]


def test_at_another_moment_the_status_says_whether_it_amends(fhir, portal):
    fhir.post(fhir.pulse(61), fhir.pulse(62, day="2026-05-21", status="corrected"))
    portal.take({"readings": [portal.entry(128, id="17")]})
    portal.take({"readings": [portal.entry(131, day="2026-06-17", id="17", status="amended")]})

    assert standing() == [62, 131]
    assert not UnmatchedReading.objects.exists()


def test_the_same_identifier_for_another_patient_keeps_both(world, fhir):
    nurse = world.user("clinical_staff")
    row = an_enrollment(world, a_patient(world.practice, nurse, mrn="B2", family="Hall"), serial="other-cuff")
    assignment = world.enrollment.assignments.get()
    enrollment.take_back_device(assignment=assignment, ends_at=at("2026-05-01"))
    enrollment.assign_device(device=assignment.device, enrollment=row, starts_at=at("2026-05-02"), by=nurse)
    fhir.post(fhir.pulse(61, day="2026-04-20"), fhir.pulse(62, day="2026-05-20"))

    assert set(Reading.objects.filter(voided_at__isnull=True).values_list("enrollment", "value")) == {
        (world.enrollment.pk, 61), (row.pk, 62),
    }  # fmt: skip
    assert UnmatchedReading.objects.get().reason == "same_name"


def test_one_identifier_for_two_measures_of_one_moment_is_two_readings(fhir):
    spo2 = {"code": {"coding": [{"code": "59408-5"}]}, "valueQuantity": {"value": 97, "code": "%"}}
    fhir.post(fhir.pulse(61), fhir.pulse(0, **spo2), fhir.pulse(62, status="amended"))

    assert standing() == [62, 97]
    assert not UnmatchedReading.objects.exists()
    fhir.post(fhir.retraction(code=spo2["code"]))
    assert standing() == [62]


ISSUED = {n: f"2026-06-18T0{n}:00:00-05:00" for n in range(1, 10)}


@pytest.mark.parametrize("dated", [True, False])
def test_an_amendment_that_arrives_before_its_original_counts(fhir, dated):
    amended = fhir.pulse(64, status="amended", **({"issued": ISSUED[8]} if dated else {}))
    first = fhir.pulse(63, **({"issued": ISSUED[7]} if dated else {}))
    fhir.post(amended, first, first)

    assert standing() == [64]
    assert Reading.objects.get(value=63).void_reason.startswith("An older version")


def test_of_two_versions_the_one_issued_later_counts_whatever_its_status(fhir):
    fhir.post(
        fhir.pulse(65, issued=ISSUED[3]), fhir.pulse(63, issued=ISSUED[1], status="amended"),
        fhir.pulse(64, issued=ISSUED[2], status="amended"),
    )  # fmt: skip

    assert standing() == [65]


def test_the_same_values_issued_later_count_as_the_later_word(fhir):
    fhir.post(fhir.pulse(64, issued=ISSUED[2]), fhir.pulse(64, issued=ISSUED[5]), fhir.pulse(63, issued=ISSUED[4]))

    assert standing() == [64]


@pytest.mark.parametrize("status", ["final", "amended"])
def test_a_correction_back_to_an_earlier_value_counts(fhir, status):
    fhir.post(*(fhir.pulse(value, status=status) for value in (63, 64, 63)))

    assert standing() == [63]
    assert [row.voided_at is None for row in Reading.objects.order_by("pk")] == [False, False, True]


def test_a_reading_that_was_taken_back_may_be_sent_again(fhir, portal):
    fhir.post(fhir.pulse(63), fhir.retraction(), fhir.pulse(63))
    one = {"readings": [portal.entry(128)]}
    gone = {"readings": [portal.entry(128, status="entered-in-error")]}
    first, back, again = (portal.take(body) for body in (one, gone, one))

    assert standing() == [63, 128]
    assert (first.new, back.taken_back, again.new) == (1, 1, 1)
    assert kept_days_that_differ(fhir.world.practice.pk) == []
    # The retraction worked through once more takes nothing back.
    take_in.work(Delivery.objects.filter(source=portal.source).order_by("pk")[1].pk, now=NOW)
    assert standing() == [63, 128]


def test_an_identifier_is_enough_to_take_back(fhir, portal):
    fhir.post(fhir.pulse(63))
    (answer,) = fhir.post(fhir.retraction())
    portal.take({"readings": [portal.entry(id="a")]})
    taken = portal.take({"readings": [{"id": "a", "status": "entered-in-error"}]})

    assert answer["issue"][0]["diagnostics"] == "Voided."
    assert (standing(), days(), taken.taken_back) == ([], 0, 1)


@pytest.mark.parametrize("dated", [True, False])
def test_a_retraction_that_arrives_first_takes_the_reading_back_once(fhir, dated):
    more = {"issued": ISSUED[8]} if dated else {}
    fhir.post(fhir.retraction(**more))
    (answer,) = fhir.post(fhir.pulse(63, **({"issued": ISSUED[7]} if dated else {})))
    assert standing() == []
    assert "taken back before it arrived" in answer["issue"][0]["diagnostics"]

    fhir.post(fhir.pulse(63, **({"issued": ISSUED[9]} if dated else {})))
    assert standing() == [63]


def test_a_resend_that_was_issued_before_the_retraction_stays_taken_back(fhir):
    first = fhir.pulse(63, issued=ISSUED[1])
    fhir.post(first, fhir.retraction(issued=ISSUED[2]), first)

    assert standing() == []


def register(world, serial, *, starts="2026-05-01"):
    nurse = world.user("clinical_staff")
    device = enrollment.add_device(model=world.cuff, serial=serial, by=nurse)
    enrollment.assign_device(device=device, enrollment=world.enrollment, starts_at=at(starts, "00:00:00"), by=nurse)
    replay.play_all_again(world.practice.pk, now=NOW)
    for delivery in Delivery.objects.filter(state="waiting").order_by("-pk"):
        take_in.work(delivery.pk, now=NOW)


def test_a_reading_that_is_taken_back_while_it_waits_for_its_device_never_comes_to_life(world, fhir):
    fhir.post(fhir.pulse(63, serial="late"), fhir.pulse(70, serial="late", name="n2", day="2026-05-22"))
    fhir.post(fhir.retraction())
    assert set(UnmatchedReading.objects.values_list("resolution", flat=True)) == {"taken_back", None}

    register(world, "late")
    assert (standing(), days()) == ([70], 1)
    # The delivery of what was taken back, worked through in spite of it.
    for delivery in Delivery.objects.all():
        take_in.work(delivery.pk, now=NOW)
    assert standing() == [70]


def test_taken_back_while_it_waits_and_sent_again_it_waits_again(world, fhir):
    fhir.post(fhir.pulse(63, serial="late"), fhir.retraction(), fhir.pulse(63, serial="late"))
    assert UnmatchedReading.objects.filter(resolved_at__isnull=True).count() == 1
    register(world, "late")

    assert standing() == [63]


@pytest.mark.parametrize("values", [(63, 64, 65), (63, 64, 63)])
def test_the_last_of_several_waiting_versions_counts_whichever_is_placed_first(world, fhir, values):
    fhir.post(*(fhir.pulse(value, serial="late") for value in values))
    register(world, "late")

    assert standing() == [values[-1]]


def test_what_a_person_voided_stays_voided_and_the_practice_sees_what_changed(world, fhir):
    fhir.post(fhir.pulse(63))
    nurse = world.user("clinical_staff")
    manual_entry.strike_reading(reading=Reading.objects.get(), reason="Somebody else's", by=nurse, now=NOW)
    (again,) = fhir.post(fhir.pulse(63))
    assert "stays voided" in again["issue"][0]["diagnostics"]
    assert not UnmatchedReading.objects.exists()

    (changed,) = fhir.post(fhir.pulse(64, status="amended"))
    assert (standing(), days()) == ([], 0)
    assert changed["issue"][0]["severity"] == "error"
    assert UnmatchedReading.objects.get().reason == "voided_here"
    unnamed = fhir.pulse(70, name="", day="2026-05-25")
    fhir.post(unnamed)
    manual_entry.strike_reading(reading=Reading.objects.get(value=70), reason="x", by=nurse, now=NOW)
    (said,) = fhir.post(unnamed)
    assert "stays voided" in said["issue"][0]["diagnostics"]
    assert standing() == []


def test_a_retry_under_another_identifier_is_one_reading_until_both_are_taken_back(fhir):
    fhir.post(fhir.pulse(63, name="a"), fhir.pulse(63, name="b"))
    assert standing() == [63]
    fhir.post(fhir.retraction("b"))
    assert standing() == [63]
    fhir.post(fhir.retraction("a"))
    assert (standing(), days()) == ([], 0)


def test_a_retry_under_another_identifier_is_amended_by_either(fhir):
    fhir.post(fhir.pulse(63, name="a"), fhir.pulse(63, name="b"), fhir.pulse(64, name="b", status="amended"))
    assert standing() == [64]
    fhir.post(fhir.pulse(65, name="a", status="amended"), fhir.pulse(63, name="a"))
    assert standing() == [65]


def bp(fhir, pulse=None, **more):
    parts = [("8480-6", 125, "mm[Hg]"), ("8462-4", 81, "mm[Hg]")] + ([("8867-4", pulse, "/min")] if pulse else [])
    component = [
        {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": value, "code": unit}}
        for code, value, unit in parts
    ]
    made = fhir.pulse(0, code={"coding": [{"code": "85354-9"}]}, component=component, **more)
    del made["valueQuantity"]
    return made


@pytest.mark.parametrize("name", ["pu-1", ""])
def test_a_pulse_that_comes_later_completes_the_pressure(fhir, name):
    fhir.post(bp(fhir, name=name), bp(fhir, 70, name=name, status="amended"), bp(fhir, 70, name=name))

    row = Reading.objects.get(voided_at__isnull=True)
    assert (row.value, row.value_2, row.value_3, days()) == (125, 81, 70, 1)


def test_several_words_in_one_body_count_in_their_order(fhir):
    body = {"resourceType": "Bundle", "type": "batch",
            "entry": [{"resource": r} for r in (
                fhir.pulse(63), fhir.pulse(64, status="amended"), fhir.pulse(70, name="n2"), fhir.retraction("n2"),
                fhir.pulse(71, name="n2"), fhir.pulse(65, status="amended"))]}  # fmt: skip
    (answer,) = fhir.post(body, path="/api/fhir/")

    assert [entry["response"]["status"][:3] for entry in answer["entry"]] == ["201", "201", "201", "200", "201", "201"]
    assert standing() == [65, 71]
    before = Reading.objects.count()
    take_in.work(Delivery.objects.latest("pk").pk, now=NOW)
    assert (standing(), Reading.objects.count(), SenderStatement.objects.count()) == ([65, 71], before, 1)


def test_withings_knows_a_measure_by_group_and_kind(world):
    sender = Sender(world, "withings")
    moment = int(at("2026-05-20").timestamp())

    def fetched(weight, *, date=moment, **more):
        measures = [{"type": 1, "value": weight, "unit": 0}, {"type": 54, "value": 97, "unit": 0}]
        group = {"grpid": 12, "attrib": 0, "date": date, "category": 1, "deviceid": world.serial, "measures": measures}
        return {"status": 0, "body": {"measuregrps": [group | more]}}

    sender.take(fetched(71))
    sender.take(fetched(72))
    assert standing() == [72, 97]
    sender.take(fetched(73, modified=moment + 60))
    sender.take(fetched(74, modified=moment + 30))
    assert standing() == [73, 97]


def test_what_is_replaced_was_known_until_then_and_no_moment_knew_both(fhir):
    later = NOW + timedelta(hours=1)
    take_in.take_in(source=fhir.source, body=json.dumps(fhir.pulse(63)).encode(), now=NOW)
    take_in.take_in(source=fhir.source, body=json.dumps(fhir.pulse(64, status="amended")).encode(), now=later)
    take_in.take_in(source=fhir.source, body=json.dumps(fhir.pulse(62)).encode(), now=later + timedelta(hours=1))

    def known(moment):
        rows = Reading.objects.filter(received_at__lte=moment)
        return [int(row.value) for row in rows if row.voided_at is None or row.voided_at > moment]

    assert [known(NOW), known(later), known(later + timedelta(hours=2))] == [[63], [64], [64]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "cancelled"}, "status must be"), ({"status": 7}, "status must be"),
        ({"issued": "yesterday"}, "issued must be"), ({"issued": "2026-05-17T08:00:00"}, "issued must be"),
        ({"id": "x" * 501}, "at most 500"), ({"status": "entered-in-error", "id": 7}, "at most 500"),
        ({"status": "entered-in-error", "id": "a", "issued": 5}, "issued must be"),
        ({"status": "entered-in-error"}, "Nothing like it is kept"),
    ],
)  # fmt: skip
def test_what_the_portal_batch_says_of_versions_is_read_strictly(portal, change, said):
    taken = portal.take({"readings": [portal.entry(**change)]})

    assert taken.unmatched == 1
    assert said in taken.results[0].said


def test_a_body_of_a_hundred_readings_taken_back_in_part_and_sent_again_stands_again(portal):
    rows = [portal.entry(day="2026-05-17", measured_at=(NOW - timedelta(hours=n)).isoformat()) for n in range(100)]
    portal.take({"readings": rows})
    portal.take({"readings": [rows[3] | {"status": "entered-in-error"}]})
    assert len(standing()) == 99
    portal.take({"readings": rows})

    assert len(standing()) == 100


def test_a_large_body_of_named_readings_costs_the_same_statements_new_or_known(fhir, django_assert_max_num_queries):
    def body(count, shift):
        entries = [
            {"resource": fhir.pulse(60 + n % 30, clock=f"{n % 24:02d}:{n // 24:02d}:{shift:02d}", name=f"k{shift}-{n}")}
            for n in range(count)
        ]
        return {"resourceType": "Bundle", "type": "batch", "entry": entries}

    for count, shift in ((10, 1), (240, 2)):
        with django_assert_max_num_queries(22):
            assert fhir.take(body(count, shift)).new == count
        with django_assert_max_num_queries(22):
            assert fhir.take(body(count, shift)).known == count
