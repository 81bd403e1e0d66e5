"""What a kept row carries of its enrollment, its patient and its standing, so that one table tells whom a list shows.

The database sets it in the transaction that moves it, whoever writes.
"""

from rpm_portal.core.db.triggers import sql_function, sql_index, table_settings, trigger, trigger_function

# By these a filter names people, and one index finds them: few of a panel, whichever filters stand beside each other.
# What is not a key of its own names its practice.
_MARKS = """CREATE OR REPLACE FUNCTION worklist_marks(of_enrollment bigint, of_payer bigint)
RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT array_remove(ARRAY[
    'with ' || e.looked_after_by_id, 'with ' || e.billing_provider_id, 'with ' || e.supervised_by_id,
    coalesce('of ' || e.looked_after_by_id, e.practice_id || ' of nobody'),
    'clinic ' || e.clinic_id, 'payer ' || of_payer, e.practice_id || ' program ' || e.program,
    e.practice_id || ' condition ' || nullif(e.condition, ''), e.practice_id || ' language ' || p.language], NULL)
  FROM enrollment_enrollment e JOIN enrollment_patient p ON p.id = e.patient_id WHERE e.id = of_enrollment
$$;"""
_MARKED = "practice_id patient_id program condition clinic_id looked_after_by_id billing_provider_id supervised_by_id"


def _row(name: str, columns: str) -> str:
    return f"({', '.join(f'{name}.{column}' for column in columns.split())})"


_COPIES = (
    sql_function("worklist_marks", _MARKS),
    trigger_function(
        "worklist_marked",
        """
  UPDATE worklist_kept k SET belongs = worklist_marks(k.enrollment_id, k.payer_id) WHERE k.enrollment_id = NEW.id;
  RETURN NULL;
""",
    ),
    trigger(
        "enrollment_enrollment", "worklist_marked", "AFTER UPDATE",
        when=f"{_row('OLD', _MARKED)} IS DISTINCT FROM {_row('NEW', _MARKED)}",
    ),
    trigger_function(
        "worklist_spoken",
        """
  UPDATE worklist_kept k SET belongs = worklist_marks(k.enrollment_id, k.payer_id)
  FROM enrollment_enrollment e WHERE e.patient_id = NEW.id AND k.enrollment_id = e.id;
  RETURN NULL;
""",
    ),
    trigger(
        "enrollment_patient", "worklist_spoken", "AFTER UPDATE", when="OLD.language IS DISTINCT FROM NEW.language"
    ),
    trigger_function(
        "worklist_covered",
        """
  NEW.belongs = worklist_marks(NEW.enrollment_id, NEW.payer_id);
  RETURN NEW;
""",
    ),
    trigger("worklist_kept", "worklist_made", "BEFORE INSERT", function="worklist_covered"),
    trigger("worklist_kept", "worklist_covered", "BEFORE UPDATE", when="OLD.payer_id IS DISTINCT FROM NEW.payer_id"),
)  # fmt: skip
_STANDINGS = (
    trigger_function(
        "worklist_stands",
        """
  UPDATE worklist_kept k
  SET last_reading_at = f.last_reading_at, open_critical = f.open_critical, open_high = f.open_high
  FROM fresh f
  WHERE k.enrollment_id = f.enrollment_id AND (k.last_reading_at, k.open_critical, k.open_high)
        IS DISTINCT FROM (f.last_reading_at, f.open_critical, f.open_high);
  RETURN NULL;
""",
    ),
    *(
        trigger(
            "monitoring_standing",
            f"worklist_stands_{event.lower()}",
            f"AFTER {event}",
            function="worklist_stands",
            each="STATEMENT",
            referencing="NEW TABLE AS fresh",
        )
        for event in ("INSERT", "UPDATE")
    ),
)

_NO_CALL = "coalesce(live_on, '-infinity'::date)"
_NO_READING = "coalesce(last_reading_at, '-infinity'::timestamptz)"
_SPARE = "coalesce(slack, 100::smallint)"
_LACKING = "coalesce(short_seconds, 100000)"
_ALERTED = "open_critical > 0 OR open_high > 0"
# The orders of the list as indexes, with never before any day: a page ends where it is full, however many follow.
_ORDERS = tuple(
    sql_index(name, f"{table} (practice_id, {order}, enrollment_id) {where}".rstrip())
    for name, table, order, where in (
        ("kept_uncalled", "worklist_kept", _NO_CALL, "WHERE active"),
        ("kept_by_spare", "worklist_kept", _SPARE, "WHERE active"),
        ("kept_by_lacking", "worklist_kept", _LACKING, "WHERE active"),
        ("kept_alerted_by_call", "worklist_kept", _NO_CALL, f"WHERE active AND ({_ALERTED})"),
        ("kept_alerted_by_lacking", "worklist_kept", _LACKING, f"WHERE active AND ({_ALERTED})"),
        ("kept_alerted_by_name", "worklist_kept", "named", f"WHERE active AND ({_ALERTED})"),
        ("kept_alerted_by_spare", "worklist_kept", _SPARE, f"WHERE active AND ({_ALERTED})"),
        ("standing_silent", "monitoring_standing", _NO_READING, ""),
        ("standing_alerted_by_reading", "monitoring_standing", _NO_READING, f"WHERE {_ALERTED}"),
        (
            "standing_open",
            "monitoring_standing",
            "open_critical DESC, open_high DESC, last_reading_at NULLS FIRST",
            f"WHERE {_ALERTED}",
        ),
    )
)
_STORAGE = (
    # The long columns go out of line, so that narrowing a panel reads the short ones only. Room is left in each page:
    # a count that goes up is written there, and no index hears of it.
    table_settings("worklist_kept", "SET (toast_tuple_target = 256, fillfactor = 60)"),
    # What is asked of every row stays in it; names and marks are short.
    table_settings("worklist_kept", "ALTER belongs SET STORAGE MAIN, ALTER named SET STORAGE MAIN"),
)
COPIED = (*_COPIES, *_STANDINGS, *_ORDERS, *_STORAGE)
