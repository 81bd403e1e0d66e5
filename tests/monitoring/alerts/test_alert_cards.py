"""Alert cards: one for a reading with every limit it broke, what came before, and the call that answers it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from enrollment.models import TextDraft
from monitoring import services
from monitoring.alerts.handle import escalate_due
from monitoring.alerts.same_reading import same_reading
from monitoring.models import Alert, AlertObserver, Review
from monitoring.notes import write_note
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.phone_links import tel
from rpm_portal.pages.alerts.alerts_of_month import month_of_alerts
from rpm_portal.pages.alerts.cards import cards_of
from rpm_portal.pages.alerts.inbox import inbox
from tests.builders import a_patient, an_enrollment
from timetracking.models import Call, TimeEntry

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def signed_in(world, role="clinical_staff"):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


@pytest.fixture
def two_limits(world):
    """Three earlier days, and today a reading beyond the critical systolic and the diastolic limit."""
    services.set_threshold(
        enrollment=world.enrollment, metric="blood_pressure", part=2, by=world.user("physician"), high=Decimal(90)
    )
    today = local_day(timezone.now(), world.practice.zone)
    world.read([today - timedelta(days=number) for number in (3, 2, 1)], systolic=130, diastolic=80)
    world.read([today], systolic=192, diastolic=112, now=timezone.now())
    return world


def the_inbox(world, **filters):
    return inbox(world.practice, filters, user=world.user("clinical_staff"), page=None, now=timezone.now())


def test_a_reading_that_breaks_two_limits_is_one_card_with_both(two_limits):
    assert Alert.objects.count() == 2
    found = the_inbox(two_limits)
    (card,) = found.cards
    assert card.limits == ["limit 180", "diastolic limit 90"]
    assert card.alert.severity == "critical"
    assert (found.counts["clinical"], found.counts["critical"]) == (1, 1)
    assert [value.text for value in card.values] == ["192/112", "130/80", "130/80"]
    assert card.mean == "146/88"
    assert len(card.chart.series) == len(card.chart.bands) == 2
    page = signed_in(two_limits).get("/alerts/").content.decode()
    assert "1 open alert, 1 critical" in page
    assert page.count("data-row ") == 1
    assert "limit 180, diastolic limit 90" in page
    chart = signed_in(two_limits).get(f"/patients/{two_limits.patient.public_id}/").content.decode()
    assert chart.count('class="alert ') == 1


def test_a_card_has_the_phone_and_the_last_note_and_no_other_patients(two_limits):
    world = two_limits
    nurse = world.members["clinical_staff"]
    type(world.patient).objects.filter(pk=world.patient.pk).update(phone="(312) 555-0142")
    other = an_enrollment(world, a_patient(world.practice, nurse.user, mrn="O", family="Other"), serial="o")
    write_note(enrollment=world.enrollment, text="Earlier note", by=nurse, now=timezone.now() - timedelta(days=1))
    write_note(enrollment=world.enrollment, text="Sits before measuring", by=nurse, now=timezone.now())
    write_note(enrollment=other, text="Of somebody else", by=nurse, now=timezone.now())
    page = signed_in(world).get("/alerts/").content.decode()
    assert 'href="tel:+13125550142"' in page
    assert "Sits before measuring" in page
    assert "Of somebody else" not in page
    assert "Earlier note" not in page
    biller = signed_in(world, "biller").get("/alerts/").content.decode()
    assert "Sits before measuring" not in biller, "charts without clinical text"


@pytest.mark.parametrize(
    ("phone", "address"),
    [("(312) 555-0142", "+13125550142"), ("+44 20 7946 0000", "+442079460000"), ("555-0142", "5550142"), ("call me", ""), ("", "")],
)  # fmt: skip
def test_a_phone_number_is_an_address_to_dial(phone, address):
    assert tel(phone) == address


def test_one_note_closes_all_alerts_of_the_reading_and_the_month_counts_one(two_limits):
    alert = Alert.objects.get(severity="critical")
    answer = signed_in(two_limits).post(
        f"/alerts/{alert.public_id}/close/", {"conclusion": "expected", "note": "Rested, then 138/84."}, headers=HTMX
    )
    assert answer.status_code == 200
    assert "alerts-changed" in answer.headers["HX-Trigger"], "the counts are asked for again"
    assert set(Alert.objects.values_list("state", flat=True)) == {"closed"}
    assert set(Review.objects.values_list("note", flat=True)) == {"Rested, then 138/84."}
    month = Month.current(timezone.now(), two_limits.practice.zone)
    assert month_of_alerts(two_limits.practice, month=month)["total"]["every"] == 1
    heading = signed_in(two_limits).get("/alerts/heading/", headers=HTMX).content.decode()
    assert "0 open alerts" in heading


def test_taking_and_handing_over_are_for_all_alerts_of_the_reading(two_limits):
    world, client = two_limits, signed_in(two_limits)
    alert = Alert.objects.get(severity="critical")
    client.post(f"/alerts/{alert.public_id}/take/", headers=HTMX)
    assert set(Alert.objects.values_list("owner__user", "state")) == {(world.user("clinical_staff").pk, "acknowledged")}
    to = world.members["qhp"].pk
    client.post(f"/alerts/{alert.public_id}/hand/", {"to": to}, headers=HTMX)
    assert set(Alert.objects.values_list("owner", flat=True)) == {to}
    assert len(same_reading(alert)) == 2


def call_form(draft, **more):
    """The call form as the browser sends it back."""
    today = local_day(timezone.now(), "America/Chicago")
    return {
        "direction": "out", "channel": "phone", "outcome": "patient", "started_at": f"{today}T11:00:00", "minutes": 4,
        "seconds": 0, "showed": draft.values["showed"], "decided": draft.values["decided"],
        "alert": draft.values["alert"], **more,
    }  # fmt: skip


def test_called_the_patient_opens_the_call_and_saving_it_closes_the_alert(two_limits):
    world, client = two_limits, signed_in(two_limits)
    alert = Alert.objects.get(severity="critical")
    form = {"conclusion": "called", "note": "Missed two doses."}
    answer = client.post(f"/alerts/{alert.public_id}/close/", form, headers=HTMX)
    address = f"/enrollments/{world.enrollment.public_id}/calls/new/"
    assert answer.headers["HX-Redirect"] == address
    assert not Review.objects.exists(), "nothing is closed before the call is saved"
    assert TimeEntry.objects.get().activity == "call", "the timer runs as a call"
    page = client.get(address).content.decode()
    assert "Blood pressure 192/112 mmHg" in page
    assert "limit 180, diastolic limit 90" in page
    assert "Missed two doses." in page
    assert alert.public_id in page
    draft = TextDraft.objects.get()

    saved = client.post(address, call_form(draft, outcome="voicemail", minutes=0))
    assert saved.status_code == 302
    assert not Review.objects.exists(), "nobody was reached"
    assert Call.objects.count() == 1

    client.post(f"/alerts/{alert.public_id}/close/", form)
    saved = client.post(address, call_form(TextDraft.objects.get(), decided="Took the missed tablet."))
    assert saved.status_code == 302
    assert set(Alert.objects.values_list("state", flat=True)) == {"closed"}
    assert set(Review.objects.values_list("conclusion", "note")) == {("called", "Took the missed tablet.")}
    assert Call.objects.get(outcome="patient").is_live
    assert not TextDraft.objects.exists()


def test_a_call_closes_no_alert_of_another_patient_or_practice(two_limits):
    world, client = two_limits, signed_in(two_limits)
    nurse = world.user("clinical_staff")
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn="O", family="Other"), serial="o")
    alert = Alert.objects.get(severity="critical")
    client.post(f"/alerts/{alert.public_id}/close/", {"conclusion": "called", "note": "x"}, headers=HTMX)
    form = call_form(TextDraft.objects.get())
    assert client.post(f"/enrollments/{other.public_id}/calls/new/", form).status_code == 302
    assert Alert.objects.exclude(state="closed").count() == 2
    theirs = signed_in(world.other)
    assert theirs.post(f"/alerts/{alert.public_id}/close/", {"conclusion": "called", "note": "x"}).status_code == 404


def test_text_that_was_typed_before_is_kept_with_the_alerts_words(two_limits):
    world, client = two_limits, signed_in(two_limits)
    client.post(f"/enrollments/{world.enrollment.public_id}/drafts/texts/call/", {"decided": "Half a sentence"})
    draft = TextDraft.objects.filter(kind="call").first()
    if draft is None:
        TextDraft.objects.create(
            practice=world.practice, user=world.user("clinical_staff"), enrollment=world.enrollment, kind="call",
            values={"decided": "Half a sentence"}, saved_at=timezone.now(),
        )  # fmt: skip
    alert = Alert.objects.get(severity="critical")
    for _ in range(2):
        client.post(f"/alerts/{alert.public_id}/close/", {"conclusion": "called", "note": "New words"}, headers=HTMX)
    assert TextDraft.objects.get().values["decided"] == "Half a sentence\nNew words"


def test_cards_take_a_constant_number_of_statements(two_limits, django_assert_num_queries):
    world = two_limits
    alerts = list(Alert.objects.select_related("enrollment__patient", "reading"))
    with django_assert_num_queries(5):
        cards_of(world.practice, alerts[:1], now=timezone.now())
    with django_assert_num_queries(5):
        cards_of(world.practice, alerts, now=timezone.now())


def test_an_observer_follows_alerts_and_is_notified_of_an_escalation_without_owning_it(two_limits):
    world, observer = two_limits, signed_in(two_limits, "qhp")
    address = f"/enrollments/{world.enrollment.public_id}/follow/"
    assert world.patient.family_name.upper() not in observer.get("/alerts/?who=following").content.decode()
    for _ in range(2):
        assert observer.post(address).status_code == 302
    assert AlertObserver.objects.get().member == world.members["qhp"]
    page = observer.get("/alerts/?who=following").content.decode()
    assert world.patient.family_name.upper() in page
    assert "Following 1" in page
    watching = observer.get(f"/enrollments/{world.enrollment.public_id}/watching/").content.decode()
    assert "Stop" in watching
    owners = set(Alert.objects.values_list("owner", flat=True))
    recipients = escalate_due(now=timezone.now() + timedelta(hours=5))
    assert world.user("qhp").email in {row.email for row in recipients if row.observes}
    assert world.members["qhp"].pk not in owners
    observer.post(address, {"stop": "1"})
    assert not AlertObserver.objects.exists()
    assert signed_in(world.other).post(address).status_code == 404
    assert signed_in(world, "biller").post(address).status_code == 403
