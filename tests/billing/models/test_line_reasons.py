"""Reasons of a line are stored once, with its decision, and read back word for word."""

import json

import pytest
from django.db import connection, transaction

from billing.close.compute import decide_all
from billing.close.lines import lines_of
from billing.facts.case_files import facts_of
from billing.models import ClaimLine
from billing.models.line_reasons import _line_reasons, reason_sources_json, with_reasons
from enrollment.queries import served_in
from rpm_portal.core.days import local_day
from tests.billing.close.test_close import AFTER, MARCH, compute
from tests.billing.close.test_recompute import two  # noqa: F401 - a fixture
from tests.builders import days


def reasons_by_key(world):
    """The reasons of every line as the engine gives them now, by the line's key."""
    ids = served_in(world.practice.pk, MARCH.first_day, MARCH.last_day)
    today = local_day(AFTER, world.practice.zone)
    files = facts_of(world.practice.pk, ids, month=MARCH, zone=world.practice.zone, today=today)
    lines = [line for file, decision in decide_all(files) for line in lines_of(file, decision)]
    return {line.key: json.loads(line.reasons_json) for line in lines}


def test_the_reasons_of_a_line_are_those_its_digest_was_made_of(two):  # noqa: F811
    close = compute(two)
    expected = reasons_by_key(two)
    lines = list(close.lines.all())

    assert len(lines) == 6
    assert all(line.own_reasons is None for line in lines), "nothing is repeated in the line"
    assert {line.key: line.because for line in lines} == expected
    assert any("citation" in reason for line in lines for reason in line.because)


def test_any_number_of_lines_takes_one_statement_and_lines_with_own_reasons_none(
    two,  # noqa: F811
    django_assert_num_queries,
):
    close = compute(two)
    lines = list(close.lines.all())
    with django_assert_num_queries(1):
        with_reasons(lines)
    with django_assert_num_queries(0):
        assert all(line.because for line in lines)
        with_reasons(line for line in lines if False)
    own = ClaimLine(own_reasons=[{"code": "RAISED", "gravity": "review", "says": "Raised"}])
    with django_assert_num_queries(0):
        assert with_reasons([own])[0].because == own.own_reasons


def test_a_line_keeps_its_reasons_when_its_decision_is_replaced(two):  # noqa: F811
    close = compute(two)
    first = close.lines.get(code="99457", enrollment=two.enrollment)
    before = first.because
    two.work("2026-03-20", 1300)  # a second 99458 is earned, and 99457 has other reasons
    close = compute(two)

    voided = ClaimLine.objects.get(pk=first.pk)
    assert voided.state == "void"
    assert voided.because == before
    current = close.lines.exclude(state="void").get(code="99457", enrollment=two.enrollment)
    assert current.because != before
    assert current.because == reasons_by_key(two)[current.key]
    # An unchanged line is proposed by both decisions, with the same reasons.
    unchanged = close.lines.get(component="device", enrollment=two.enrollment)
    assert unchanged.because == reasons_by_key(two)[unchanged.key]


def test_a_line_without_its_decision_is_refused_instead_of_shown_without_reasons(two):  # noqa: F811
    close = compute(two)
    line = close.lines.first()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE billing_keptdecision DISABLE TRIGGER USER")
            cursor.execute("UPDATE billing_keptdecision SET proposed = '{}'")
        with pytest.raises(LookupError, match=line.public_id):
            with_reasons([line])
        transaction.set_rollback(True)


def test_lines_computed_during_and_after_the_month_have_reasons(world):
    world.read(days("2026-02-10", "2026-03-31"))
    for _ in range(3):
        compute(world)
    assert all(line.because for line in ClaimLine.objects.all())


GUIDE, RULE = {"title": "Guide", "href": "https://example.org/1"}, {"title": "Rule", "href": "https://example.org/2"}
BOTH = {"sources": [GUIDE, RULE], "note": "Our reading."}
ONE = {"sources": [RULE], "unverified": True}
NONE = {"unverified": True}
FINDINGS = [{"code": "A"}, {"code": "B"}, {"code": "C"}]


def stored(*lines):
    pairs = [[(place, json.dumps(citation) if citation else "") for place, citation in line] for line in lines]
    return json.loads(reason_sources_json(pairs))


def test_each_line_gets_its_findings_with_their_citations_back():
    sources = stored([(0, BOTH), (1, None)], [(1, ONE), (2, NONE), (0, BOTH)])

    assert _line_reasons(0, sources, FINDINGS) == [{"code": "A", "citation": BOTH}, {"code": "B"}]
    assert _line_reasons(1, sources, FINDINGS) == [
        {"code": "B", "citation": ONE}, {"code": "C", "citation": NONE}, {"code": "A", "citation": BOTH},
    ]  # fmt: skip


def test_each_citation_and_document_is_stored_once():
    sources = stored([(0, BOTH), (1, ONE)], [(0, BOTH), (2, ONE)])

    assert len(sources["citations"]) == 2
    assert sources["documents"] == [GUIDE, RULE]


def test_a_decision_without_lines_stores_no_citation():
    assert stored() == {"lines": [], "citations": [], "documents": []}
