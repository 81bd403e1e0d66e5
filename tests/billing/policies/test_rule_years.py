"""Rule years of a practice: loaded, tried, put in force by a second person, withdrawn before a month is locked."""

import json
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, transaction

from billing.models import Rate, RuleYearFile, YearState
from billing.policies import own_cases, rule_years
from billing.policies.in_force import policies_around, policies_of, policy_digest
from billing.policies.rules_in_force import codes_of, rules_of
from billing.review.rule_year_due import year_due
from billing.review.rule_year_trial import try_month, try_year
from billing.rules import load_preset
from billing.rules.golden import CASES
from billing.rules.rule_set import shipped_rules
from billing.seal.verify import verify
from rpm_portal.audit.models import Event
from rpm_portal.core.access import Permission, roles_with
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import approve_all
from tests.billing.close.test_turn_of_year_close import add_activity_before, compute, lines
from tests.builders import PASSWORD, at, seal
from tests.test_access import signed_in

SOURCE = 'sources = [{ title = "Final rule", href = "https://example.org/rule" }]'
EMPTY = f'year = 2027\ntitle = "Final rule of 2027"\n{SOURCE}\n'
FEWER_DAYS = EMPTY + (
    '[codes.99454]\nprogram = "RPM"\ncomponent = "device"\nrole = "supply_long"\nabout = "Supply"\n'
    'counts = "distinct reading days in a 30-day period"\nfrom = 2027-01-01\nexcludes = ["99445"]\n'
    f"min = [{{ from = 2027-01-01, value = 31 }}]\n{SOURCE}\n"
    '[[rates]]\ncode = "99457"\namount = "50.10"\ncorrected_by = "92 FR 1"\n'
)
NOW = at("2026-12-10")
DECEMBER, JANUARY = Month(2026, 12), Month(2027, 1)


def load(world, text=EMPTY, by="admin"):
    return rule_years.load_file(text=text, by=world.members[by], now=NOW)


def submitted(world, text=EMPTY):
    return rule_years.submit_file(file=load(world, text), by=world.members["admin"], now=NOW)


def decide(world, file, by="physician", *, approve=True, reason=""):
    return rule_years.decide_file(file=file, approve=approve, reason=reason, by=world.members[by], now=NOW)


def in_force(world, text=EMPTY):
    return decide(world, submitted(world, text))


def test_a_file_has_no_effect_before_a_second_person_puts_it_in_force(world):
    file = submitted(world)
    assert not rules_of(world.practice.pk).preset("strict_provider_only").view(date(2027, 1, 1)).loaded
    with pytest.raises(Refused, match="another person puts it in force"):
        decide(world, file, by="admin")
    decide(world, file)

    assert rules_of(world.practice.pk).preset("strict_provider_only").view(date(2027, 1, 1)).loaded
    assert policies_of(world.practice.pk, on=date(2027, 1, 1))[world.payer.pk].view(date(2027, 1, 1)).loaded
    actions = list(Event.objects.filter(subject=file.audit_subject).order_by("pk").values_list("action", flat=True))
    assert actions == ["load_rule_year", "submit_rule_year", "put_rule_year_in_force"]
    assert file.history.count() == 3


def test_another_practice_keeps_its_rules(world):
    in_force(world)

    assert rules_of(world.other.practice.pk).years == ()
    assert not policies_of(world.other.practice.pk, on=date(2027, 1, 1)).strictest.view(date(2027, 1, 1)).loaded


def test_the_person_who_loaded_the_file_does_not_put_it_in_force_even_if_another_submitted_it(world):
    file = rule_years.submit_file(file=load(world), by=world.members["manager"], now=NOW)
    for by in ("admin", "manager"):
        with pytest.raises(Refused, match="another person"):
            decide(world, file, by=by)


def test_the_database_refuses_one_person_and_a_changed_file(world):
    file = in_force(world)
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        RuleYearFile.objects.filter(pk=file.pk).update(decided_by=file.submitted_by)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        RuleYearFile.objects.filter(pk=file.pk).update(content="year = 2027")
    with pytest.raises(IntegrityError, match="one_in_force"), transaction.atomic():
        RuleYearFile.objects.create(
            practice=world.practice, year=2027, title="Other", content="x", digest="y", state=YearState.IN_FORCE,
            made_by=file.made_by, made_at=NOW, submitted_by=file.submitted_by, decided_by=file.decided_by,
        )  # fmt: skip


@pytest.mark.slow
def test_a_file_that_nobody_has_read_the_sources_of_is_tried_and_not_submitted(world):
    file = load(world, 'year = 2027\ntitle = "Draft"\nunverified = true\n')
    assert try_year(world.practice, rule_years.read(file.content)).changes == []
    with pytest.raises(Refused, match="sources were not read"):
        rule_years.submit_file(file=file, by=world.members["admin"], now=NOW)


def test_a_new_file_replaces_the_draft_and_the_file_in_force_of_its_year(world):
    first = load(world)
    second = in_force(world, EMPTY + "# corrected\n")
    first.refresh_from_db()
    assert first.state == YearState.REPLACED
    third = submitted(world, FEWER_DAYS)
    with pytest.raises(Refused, match="waits for a second person"):
        load(world)
    decide(world, third)
    second.refresh_from_db()

    assert (second.state, [row.pk for row in RuleYearFile.objects.filter(state="in_force")]) == ("replaced", [third.pk])
    assert codes_of(world.practice.pk, on=date(2027, 1, 1)).by_code["99454"].min(date(2027, 1, 1)) == 31


def test_a_refusal_needs_a_reason_and_leaves_the_rules(world):
    file = submitted(world)
    with pytest.raises(Refused, match="Say why"):
        decide(world, file, approve=False)
    decide(world, file, approve=False, reason="The page is missing.")
    with pytest.raises(Refused, match="Only a submitted file"):
        decide(world, file)
    assert rules_of(world.practice.pk).years == ()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"year\x00", "no text file"),
        (b"x" * (1024 * 1024 + 1), "larger than 1 MB"),
    ],
)
def test_an_upload_that_is_no_text_is_refused(body, message):
    with pytest.raises(Refused, match=message):
        rule_years.text_of(body)


def test_rates_of_the_file_are_stored_with_their_correction(world):
    in_force(world, FEWER_DAYS)

    assert list(Rate.objects.filter(year=2027).values_list("code", "amount", "source")) == [
        ("99457", Decimal("50.10"), "Final rule, as corrected by 92 FR 1")
    ]


def test_december_is_computed_the_same_and_january_by_the_file(world):
    with time_machine.travel(at("2027-02-02"), tick=False):
        add_activity_before(world, "2027-02-01")
        before = lines(compute(world, DECEMBER, now=at("2027-02-02")))
        assert lines(compute(world, JANUARY, now=at("2027-02-02"))) == []
        digest = policy_digest(policies_around(world.practice.pk, DECEMBER)[world.payer.pk], DECEMBER)
        in_force(world, FEWER_DAYS)

        assert policy_digest(policies_around(world.practice.pk, DECEMBER)[world.payer.pk], DECEMBER) == digest
        assert lines(compute(world, DECEMBER, now=at("2027-02-03"))) == before
        january = compute(world, JANUARY, now=at("2027-02-03"))
        assert lines(january) == [("99445", 1, "2027-01-14"), ("99457", 1, "2027-01-31")]
        assert verify(january).identical


def test_a_year_is_withdrawn_until_a_month_of_it_is_locked(world):
    with time_machine.travel(at("2027-02-02"), tick=False):
        add_activity_before(world, "2027-02-01")
        file = in_force(world)
        january = compute(world, JANUARY, now=at("2027-02-02"))
        assert len(lines(january)) == 3
        with pytest.raises(Refused, match="Say why"):
            rule_years.withdraw_file(file=file, reason="", by=world.members["admin"], now=NOW)
        rule_years.withdraw_file(file=file, reason="The rule was corrected.", by=world.members["admin"], now=NOW)
        assert lines(compute(world, JANUARY, now=at("2027-02-03"))) == []

        again = in_force(world, EMPTY + "# again\n")
        january = compute(world, JANUARY, now=at("2027-02-04"))
        approve_all(january, world)
        seal(january, world, now=at("2027-02-04"))
        with pytest.raises(Refused, match="January 2027 is locked"):
            rule_years.withdraw_file(file=again, reason="Too late.", by=world.members["admin"], now=NOW)
        january.refresh_from_db()
        assert verify(january).identical


def test_a_year_is_tried_on_the_running_month(world):
    today = date(2026, 12, 20)
    with time_machine.travel(at(today), tick=False):
        add_activity_before(world, "2026-12-20")
        trial = try_month(world.practice, rule_years.read(FEWER_DAYS), DECEMBER, today=today)
        same = try_month(world.practice, rule_years.read(EMPTY), DECEMBER, today=today)

    assert (trial.enrollments, trial.patients, trial.more, trial.less) == (1, 1, {"99445": 1}, {"99454": 1})
    assert (trial.expected, same.patients, same.more, same.less, same.expected) == (None, 0, {}, {}, Decimal())


def add_own_case(world, *, payer=None, **more):
    """Sixteen days in a period that ends in 2026 give 99454; a year later, 31 are needed under FEWER_DAYS."""
    (found,) = [one for one in json.loads(CASES.read_text())["cases"] if one["id"] == "M019"]
    case = found | {"id": "own-1", "title": "Our sixteen days"} | more
    if payer is not None:
        case = {key: value for key, value in case.items() if key != "policy"}
    return own_cases.add_cases(
        text=json.dumps({"cases": [case]}), payer=payer, by=world.members["manager"], now=NOW
    )  # fmt: skip


@pytest.mark.parametrize("of_payer", [False, True])
def test_a_year_is_tried_on_the_practices_own_cases(world, of_payer):
    add_own_case(world, payer=world.payer if of_payer else None)
    same = try_year(world.practice, rule_years.read(EMPTY))
    fewer = try_year(world.practice, rule_years.read(FEWER_DAYS))
    assert (len(same.own_cases), same.broken_cases) == (1, [])
    (broken,) = fewer.broken_cases
    assert broken.case.title == "Our sixteen days"
    assert [text for text in broken.differences if "missing code 99454" in text]
    assert try_year(world.other.practice, rule_years.read(FEWER_DAYS)).own_cases == []


def test_cases_of_other_years_are_not_tried(world):
    (row,) = add_own_case(world)
    assert [result.case.pk for result in own_cases.results_in_year(world.practice, 2026, shipped_rules())] == [row.pk]
    for year in (2025, 2028):
        assert own_cases.results_in_year(world.practice, year, shipped_rules()) == []


def test_a_year_that_breaks_an_own_case_is_put_in_force_only_with_a_reason(world):
    add_own_case(world)
    file = submitted(world, FEWER_DAYS)
    page = signed_in(world.user("physician")).get(f"/settings/rule-years/{file.public_id}/").content.decode()
    assert "1 of 1 own cases do not give their expected lines" in page
    with pytest.raises(Refused, match="breaks own cases: Our sixteen days"):
        decide(world, file, reason="why not")
    assert decide(world, file, reason="The final rule asks for 31.").state == YearState.IN_FORCE


@pytest.mark.parametrize(
    ("today", "year"), [(date(2026, 9, 30), None), (date(2026, 10, 1), 2027), (date(2027, 3, 1), 2027)]
)
def test_from_october_the_portal_reminds_of_the_next_year(world, today, year):
    due = year_due(world.practice, today=today)

    assert (due.year if due else None) == year
    in_force(world)
    assert year_due(world.practice, today=today) is None


def test_the_reminder_names_the_first_day_that_waits(world):
    assert year_due(world.practice, today=date(2026, 12, 1)).first_day == date(2027, 1, 31)
    with time_machine.travel(at("2026-12-20"), tick=False):
        add_activity_before(world, "2026-12-20")
    due = year_due(world.practice, today=date(2026, 12, 20))
    assert (due.first_day, due.state) == (date(2027, 1, 14), "")
    submitted(world)
    assert year_due(world.practice, today=date(2026, 12, 20)).state == "waits for a second person"


def test_administrators_and_managers_load_and_physicians_may_put_in_force():
    assert roles_with(Permission.LOAD_RULES) == ["Practice manager", "Administrator"]
    assert roles_with(Permission.APPROVE_RULES) == ["Physician", "Practice manager", "Administrator"]


@pytest.mark.slow
def test_the_pages_load_try_submit_and_put_in_force(world):
    with time_machine.travel(NOW, tick=False):
        admin, physician = signed_in(world.user("admin")), signed_in(world.user("physician"))
        page = admin.get("/settings/rule-years/").content.decode()
        assert "The 2027 rules are not loaded." in page
        assert "will wait" in page
        refused = admin.post("/settings/rule-years/load/", {"file": SimpleUploadedFile("r.toml", b"shoe = 9")})
        assert refused.status_code == 422
        assert "&#x27;shoe&#x27; is not known" in refused.content.decode()
        answer = admin.post("/settings/rule-years/load/", {"file": SimpleUploadedFile("r.toml", FEWER_DAYS.encode())})
        url = answer["Location"]
        page = admin.get(f"{url}?month=running").content.decode()
        assert "Differs from 2026 in" in page
        assert "test cases have a different result" in page
        assert "December 2026, as if the file were in force" in page
        assert "99457: no rate becomes $50.10" in " ".join(page.split())
        assert physician.post(f"{url}submit/").status_code == 403
        assert admin.post(f"{url}submit/").status_code == 302
        assert physician.post(f"{url}decide/", {"act": "approve"}).status_code == 422
        assert physician.post(f"{url}decide/", {"act": "approve", "password": PASSWORD}).status_code == 302
        assert RuleYearFile.objects.get().state == YearState.IN_FORCE
        fresh = signed_in(world.user("admin")).get("/settings/rule-years/").content.decode()
        assert "rules are not loaded" not in fresh


@pytest.mark.slow
def test_the_shipped_draft_is_loaded_and_cannot_be_submitted(world):
    admin = signed_in(world.user("admin"))
    url = admin.post("/settings/rule-years/load/", {"shipped": "2027_proposed"})["Location"]
    page = admin.get(url).content.decode()

    assert "initiating_visit_required" in page
    assert admin.post(f"{url}submit/").status_code == 422
    assert RuleYearFile.objects.get().state == YearState.DRAFT


def test_without_a_year_the_presets_are_the_shipped_ones(world):
    policies = policies_of(world.practice.pk, on=date(2026, 12, 31))

    assert policies.strictest is load_preset("strict_provider_only")
    assert policies[world.payer.pk] is load_preset("medicare_general_supervision")
