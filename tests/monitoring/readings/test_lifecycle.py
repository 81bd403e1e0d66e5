"""Versions of a reading by its sender: identified, amended, corrected back, retracted, sent again."""

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
    """A source of one format, and the bodies it sends."""

    def __init__(self, world, shape):
        self.world = world
        self.source, self.key = open_source(practice=world.practice, name=shape, shape=shape, now=NOW)

    def post(self, *resources, path="/api/fhir/Observation"):
        answers = [
            Client().post(path, json.dumps(body), content_type="application/json", headers={"x-api-key": self.key})
            for body in resources
        ]
        # 202: the practice has to act first.
        assert {answer.status_code for answer in answers} <= {200, 201, 202}
        return [answer.json() for answer in answers]

    def take(self, body):
        return take_in.take_in(source=self.source, body=json.dumps(body).encode(), now=NOW)

    def pulse(self, value=63, *, day="2026-05-20", clock="07:00:00", name="n1", serial=None, **more):
        resource = {
            "resourceType": "Observation", "status": "final", "effectiveDateTime": at(day, clock).isoformat(),
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
            "device": {"identifier": {"value": serial or self.world.serial}},
            "valueQuantity": {"value": value, "code": "/min"},
        }  # fmt: skip
        if name:
            resource["identifier"] = [{"system": "urn:gateway", "value": name}]
        return resource | more

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


def current_values():
    rows = Reading.objects.filter(voided_at__isnull=True, received_at__isnull=False)
    return sorted(int(row.value) for row in rows)


def days():
    return ReadingDay.objects.filter(automatic__gt=0).count()


def test_the_id_of_a_posted_resource_is_no_identifier(fhir):
    for n, day in enumerate(("2026-05-10", "2026-05-11", "2026-05-12")):
        fhir.post(fhir.pulse(70 + n, day=day, name="", id="obs-1"))

    assert (current_values(), days()) == ([70, 71, 72], 3)
    assert not UnmatchedReading.objects.exists()


@pytest.mark.parametrize("kind", ["batch", "transaction", "collection"])
def test_entries_that_each_bundle_numbers_again_are_separate_readings(fhir, kind):
    for day in (13, 14, 15):
        entries = [
            {"fullUrl": f"urn:uuid:0000000{n}-0000-4000-8000-000000000000",
             "resource": fhir.pulse(60 + day + n, day=f"2026-05-{day}", clock=f"0{n}:00:00", name="", id=str(n)),
             "request": {"method": "POST", "url": "Observation"}}
            for n in (1, 2)
        ]  # fmt: skip
        fhir.post({"resourceType": "Bundle", "type": kind, "entry": entries}, path="/api/fhir/")

    assert (len(current_values()), days()) == (6, 3)


def test_an_entry_that_updates_by_address_is_identified_by_it(fhir):
    def put(value, day):
        request = {"method": "PUT", "url": "Observation/abc"}
        entry = {"resource": fhir.pulse(value, day=day, name="", id="abc"), "request": request}
        return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}

    fhir.post(put(63, "2026-05-20"), put(64, "2026-05-21"), path="/api/fhir/")
    assert (current_values(), days()) == ([64], 1)
    deletion = {"resourceType": "Bundle", "type": "batch",
            "entry": [{"request": {"method": "DELETE", "url": "Observation/abc"}}]}  # fmt: skip
    (answer,) = fhir.post(deletion, path="/api/fhir/")
    assert (current_values(), answer["entry"][0]["response"]["status"]) == ([], "200 OK")


def identifier(value, system=None, use=None, kind=None):
    result = {"value": value}
    result |= {"system": system} if system else {}
    result |= {"use": use} if use else {}
    return result | ({"type": {"coding": [{"code": kind}]}} if kind else {})


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
def test_identifiers_that_differ_are_two_readings_and_none_is_unmatched(fhir, first, second):
    fhir.post(fhir.pulse(61, day="2026-05-18", identifier=first), fhir.pulse(62, day="2026-05-19", identifier=second))

    assert (current_values(), days()) == ([61, 62], 2)
    assert not UnmatchedReading.objects.exists()


def test_identifiers_in_another_order_name_the_same_reading(fhir):
    both = [identifier("17", "urn:a"), identifier("99", "urn:b")]
    fhir.post(fhir.pulse(61, identifier=both), fhir.pulse(62, identifier=both[::-1], status="amended"))

    assert current_values() == [62]


def test_two_sources_may_use_the_same_identifier(world, fhir):
    other = Sender(world, "fhir")
    fhir.post(fhir.pulse(61, day="2026-05-18"))
    other.post(other.pulse(62, day="2026-05-19", status="amended"))
    other.post(other.retraction())

    assert current_values() == [61]


def test_a_sender_keeps_its_names_when_its_key_is_replaced(world, fhir):
    fhir.post(fhir.pulse(61))
    fhir.source, fhir.key = renew_key(source=fhir.source, by=world.user("manager"), now=NOW)
    fhir.source, fhir.key = renew_key(source=fhir.source, by=world.user("manager"), now=NOW)
    fhir.post(fhir.pulse(62, status="amended"))

    assert current_values() == [62]


def test_a_counter_that_begins_again_loses_no_day_and_a_person_is_asked(world, portal):
    answers = portal.post({"readings": [portal.entry(128, id="17")]}, path="/api/readings/")
    answers += portal.post({"readings": [portal.entry(131, day="2026-06-17", id="17")]}, path="/api/readings/")

    assert (current_values(), days()) == ([128, 131], 2)
    assert [answer["new"] for answer in answers] == [1, 1]
    assert "both are kept" in answers[1]["entries"][0]["message"]
    row = UnmatchedReading.objects.get()
    assert (row.reason, row.serial) == ("same_name", world.serial)
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    assert "names two measurements" in client.get("/readings/unmatched/").content.decode()
    # Processing the delivery again adds no unmatched reading, and the first one stays open.
    take_in.work(row.delivery_id, now=NOW)
    assert UnmatchedReading.objects.filter(resolved_at__isnull=True).count() == 1
    assert current_values() == [128, 131]


def test_at_another_moment_the_status_decides_whether_it_amends(fhir, portal):
    fhir.post(fhir.pulse(61), fhir.pulse(62, day="2026-05-21", status="corrected"))
    portal.take({"readings": [portal.entry(128, id="17")]})
    portal.take({"readings": [portal.entry(131, day="2026-06-17", id="17", status="amended")]})

    assert current_values() == [62, 131]
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

    assert current_values() == [62, 97]
    assert not UnmatchedReading.objects.exists()
    fhir.post(fhir.retraction(code=spo2["code"]))
    assert current_values() == [62]


ISSUED = {n: f"2026-06-18T0{n}:00:00-05:00" for n in range(1, 10)}


@pytest.mark.parametrize("dated", [True, False])
def test_an_amendment_that_arrives_before_its_original_counts(fhir, dated):
    amended = fhir.pulse(64, status="amended", **({"issued": ISSUED[8]} if dated else {}))
    first = fhir.pulse(63, **({"issued": ISSUED[7]} if dated else {}))
    fhir.post(amended, first, first)

    assert current_values() == [64]
    assert Reading.objects.get(value=63).void_reason.startswith("An older version")


def test_of_two_versions_the_one_issued_later_counts_whatever_its_status(fhir):
    fhir.post(
        fhir.pulse(65, issued=ISSUED[3]), fhir.pulse(63, issued=ISSUED[1], status="amended"),
        fhir.pulse(64, issued=ISSUED[2], status="amended"),
    )  # fmt: skip

    assert current_values() == [65]


def test_the_same_values_issued_later_count_as_the_later_version(fhir):
    fhir.post(fhir.pulse(64, issued=ISSUED[2]), fhir.pulse(64, issued=ISSUED[5]), fhir.pulse(63, issued=ISSUED[4]))

    assert current_values() == [64]


@pytest.mark.parametrize("status", ["final", "amended"])
def test_a_correction_back_to_an_earlier_value_counts(fhir, status):
    fhir.post(*(fhir.pulse(value, status=status) for value in (63, 64, 63)))

    assert current_values() == [63]
    assert [row.voided_at is None for row in Reading.objects.order_by("pk")] == [False, False, True]


def test_a_retracted_reading_may_be_sent_again(fhir, portal):
    fhir.post(fhir.pulse(63), fhir.retraction(), fhir.pulse(63))
    body = {"readings": [portal.entry(128)]}
    retraction = {"readings": [portal.entry(128, status="entered-in-error")]}
    first, back, again = (portal.take(item) for item in (body, retraction, body))

    assert current_values() == [63, 128]
    assert (first.new, back.taken_back, again.new) == (1, 1, 1)
    assert kept_days_that_differ(fhir.world.practice.pk) == []
    # Processing the retraction again retracts nothing.
    take_in.work(Delivery.objects.filter(source=portal.source).order_by("pk")[1].pk, now=NOW)
    assert current_values() == [63, 128]


def test_an_identifier_is_enough_to_retract(fhir, portal):
    fhir.post(fhir.pulse(63))
    (answer,) = fhir.post(fhir.retraction())
    portal.take({"readings": [portal.entry(id="a")]})
    taken = portal.take({"readings": [{"id": "a", "status": "entered-in-error"}]})

    assert answer["issue"][0]["diagnostics"] == "Voided."
    assert (current_values(), days(), taken.taken_back) == ([], 0, 1)


@pytest.mark.parametrize("dated", [True, False])
def test_a_retraction_that_arrives_first_applies_to_the_reading_once(fhir, dated):
    more = {"issued": ISSUED[8]} if dated else {}
    fhir.post(fhir.retraction(**more))
    (answer,) = fhir.post(fhir.pulse(63, **({"issued": ISSUED[7]} if dated else {})))
    assert current_values() == []
    assert "taken back before it arrived" in answer["issue"][0]["diagnostics"]

    fhir.post(fhir.pulse(63, **({"issued": ISSUED[9]} if dated else {})))
    assert current_values() == [63]


def test_a_resend_that_was_issued_before_the_retraction_stays_retracted(fhir):
    first = fhir.pulse(63, issued=ISSUED[1])
    fhir.post(first, fhir.retraction(issued=ISSUED[2]), first)

    assert current_values() == []


def register(world, serial, *, starts="2026-05-01"):
    nurse = world.user("clinical_staff")
    device = enrollment.add_device(model=world.cuff, serial=serial, by=nurse)
    enrollment.assign_device(device=device, enrollment=world.enrollment, starts_at=at(starts, "00:00:00"), by=nurse)
    replay.play_all_again(world.practice.pk, now=NOW)
    for delivery in Delivery.objects.filter(state="waiting").order_by("-pk"):
        take_in.work(delivery.pk, now=NOW)


def test_a_reading_that_is_retracted_while_it_waits_for_its_device_is_never_stored(world, fhir):
    fhir.post(fhir.pulse(63, serial="late"), fhir.pulse(70, serial="late", name="n2", day="2026-05-22"))
    fhir.post(fhir.retraction())
    assert set(UnmatchedReading.objects.values_list("resolution", flat=True)) == {"taken_back", None}

    register(world, "late")
    assert (current_values(), days()) == ([70], 1)
    # Processing the delivery of the retracted reading again does not store it.
    for delivery in Delivery.objects.all():
        take_in.work(delivery.pk, now=NOW)
    assert current_values() == [70]


def test_a_reading_that_is_retracted_while_it_waits_and_sent_again_waits_again(world, fhir):
    fhir.post(fhir.pulse(63, serial="late"), fhir.retraction(), fhir.pulse(63, serial="late"))
    assert UnmatchedReading.objects.filter(resolved_at__isnull=True).count() == 1
    register(world, "late")

    assert current_values() == [63]


@pytest.mark.parametrize("values", [(63, 64, 65), (63, 64, 63)])
def test_the_last_of_several_waiting_versions_counts_in_any_order_of_matching(world, fhir, values):
    fhir.post(*(fhir.pulse(value, serial="late") for value in values))
    register(world, "late")

    assert current_values() == [values[-1]]


def test_a_reading_that_a_person_voided_stays_voided_and_the_practice_sees_what_changed(world, fhir):
    fhir.post(fhir.pulse(63))
    nurse = world.user("clinical_staff")
    manual_entry.void_reading(reading=Reading.objects.get(), reason="Somebody else's", by=nurse, now=NOW)
    (again,) = fhir.post(fhir.pulse(63))
    assert "stays voided" in again["issue"][0]["diagnostics"]
    assert not UnmatchedReading.objects.exists()

    (changed,) = fhir.post(fhir.pulse(64, status="amended"))
    assert (current_values(), days()) == ([], 0)
    assert changed["issue"][0]["severity"] == "warning"
    assert UnmatchedReading.objects.get().reason == "voided_here"
    unnamed = fhir.pulse(70, name="", day="2026-05-25")
    fhir.post(unnamed)
    manual_entry.void_reading(reading=Reading.objects.get(value=70), reason="x", by=nurse, now=NOW)
    (answer,) = fhir.post(unnamed)
    assert "stays voided" in answer["issue"][0]["diagnostics"]
    assert current_values() == []


def test_a_retry_under_another_identifier_is_one_reading_until_both_are_retracted(fhir):
    fhir.post(fhir.pulse(63, name="a"), fhir.pulse(63, name="b"))
    assert current_values() == [63]
    fhir.post(fhir.retraction("b"))
    assert current_values() == [63]
    fhir.post(fhir.retraction("a"))
    assert (current_values(), days()) == ([], 0)


def test_a_retry_under_another_identifier_is_amended_by_either(fhir):
    fhir.post(fhir.pulse(63, name="a"), fhir.pulse(63, name="b"), fhir.pulse(64, name="b", status="amended"))
    assert current_values() == [64]
    fhir.post(fhir.pulse(65, name="a", status="amended"), fhir.pulse(63, name="a"))
    assert current_values() == [65]


def bp(fhir, pulse=None, **more):
    parts = [("8480-6", 125, "mm[Hg]"), ("8462-4", 81, "mm[Hg]")] + ([("8867-4", pulse, "/min")] if pulse else [])
    component = [
        {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": value, "code": unit}}
        for code, value, unit in parts
    ]
    resource = fhir.pulse(0, code={"coding": [{"code": "85354-9"}]}, component=component, **more)
    del resource["valueQuantity"]
    return resource


@pytest.mark.parametrize("name", ["pu-1", ""])
def test_a_pulse_that_comes_later_completes_the_pressure(fhir, name):
    fhir.post(bp(fhir, name=name), bp(fhir, 70, name=name, status="amended"), bp(fhir, 70, name=name))

    row = Reading.objects.get(voided_at__isnull=True)
    assert (row.value, row.value_2, row.value_3, days()) == (125, 81, 70, 1)


def test_several_versions_in_one_body_count_in_their_order(fhir):
    body = {"resourceType": "Bundle", "type": "batch",
            "entry": [{"resource": r} for r in (
                fhir.pulse(63), fhir.pulse(64, status="amended"), fhir.pulse(70, name="n2"), fhir.retraction("n2"),
                fhir.pulse(71, name="n2"), fhir.pulse(65, status="amended"))]}  # fmt: skip
    (answer,) = fhir.post(body, path="/api/fhir/")

    assert [entry["response"]["status"][:3] for entry in answer["entry"]] == ["201", "201", "201", "200", "201", "201"]
    assert current_values() == [65, 71]
    before = Reading.objects.count()
    take_in.work(Delivery.objects.latest("pk").pk, now=NOW)
    assert (current_values(), Reading.objects.count(), SenderStatement.objects.count()) == ([65, 71], before, 1)


def test_withings_identifies_a_measure_by_group_and_kind(world):
    sender = Sender(world, "withings")
    moment = int(at("2026-05-20").timestamp())

    def fetched(weight, *, date=moment, **more):
        measures = [{"type": 1, "value": weight, "unit": 0}, {"type": 54, "value": 97, "unit": 0}]
        group = {"grpid": 12, "attrib": 0, "date": date, "category": 1, "deviceid": world.serial, "measures": measures}
        return {"status": 0, "body": {"measuregrps": [group | more]}}

    sender.take(fetched(71))
    sender.take(fetched(72))
    assert current_values() == [72, 97]
    sender.take(fetched(73, modified=moment + 60))
    sender.take(fetched(74, modified=moment + 30))
    assert current_values() == [73, 97]


def test_a_replaced_version_was_known_until_then_and_never_with_the_new_one(fhir):
    later = NOW + timedelta(hours=1)
    take_in.take_in(source=fhir.source, body=json.dumps(fhir.pulse(63)).encode(), now=NOW)
    take_in.take_in(source=fhir.source, body=json.dumps(fhir.pulse(64, status="amended")).encode(), now=later)
    take_in.take_in(source=fhir.source, body=json.dumps(fhir.pulse(62)).encode(), now=later + timedelta(hours=1))

    def known(moment):
        rows = Reading.objects.filter(received_at__lte=moment)
        return [int(row.value) for row in rows if row.voided_at is None or row.voided_at > moment]

    assert [known(NOW), known(later), known(later + timedelta(hours=2))] == [[63], [64], [64]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "cancelled"}, "status must be"), ({"status": 7}, "status must be"),
        ({"issued": "yesterday"}, "issued must be"), ({"issued": "2026-05-17T08:00:00"}, "issued must be"),
        ({"id": "x" * 501}, "at most 500"), ({"status": "entered-in-error", "id": 7}, "at most 500"),
        ({"status": "entered-in-error", "id": "a", "issued": 5}, "issued must be"),
        ({"status": "entered-in-error"}, "Nothing like it is kept"),
    ],
)  # fmt: skip
def test_version_fields_of_the_portal_batch_are_parsed_strictly(portal, change, message):
    taken = portal.take({"readings": [portal.entry(**change)]})

    assert taken.unmatched == 1
    assert message in taken.results[0].message


def test_a_body_of_a_hundred_readings_retracted_in_part_and_sent_again_is_complete_again(portal):
    rows = [portal.entry(day="2026-05-17", measured_at=(NOW - timedelta(hours=n)).isoformat()) for n in range(100)]
    portal.take({"readings": rows})
    portal.take({"readings": [rows[3] | {"status": "entered-in-error"}]})
    assert len(current_values()) == 99
    portal.take({"readings": rows})

    assert len(current_values()) == 100


def test_a_large_body_of_identified_readings_runs_the_same_statements_new_or_known(fhir, django_assert_max_num_queries):
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
