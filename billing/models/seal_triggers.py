"""Triggers that protect a month from its preparation on: its rows change only by the actions of the seal.

A month is locked while it is prepared, sealed or sent. Each trigger checks the month of the old and of the new row, so
that no row leaves a locked month and none enters it. The state is read FOR SHARE: whoever writes waits for a seal that
is being set, and the seal waits for whoever writes. Inserts are checked once a statement over all new rows, because a
trigger for each row doubled the time of writing many lines; this check takes 1.14 times the time without it (20,000
lines, `benchmarks/seal.py`).
"""

from rpm_portal.core.db.triggers import DatabaseObject, append_only, sql_function, trigger, trigger_function

_LOCKED = "('prepared', 'sealed', 'sent')"


def _refuse(table: str, message: str) -> str:
    return f"RAISE EXCEPTION '{table}: {message}' USING ERRCODE = 'P0001';"


def _no_truncate(table: str) -> tuple[DatabaseObject, ...]:
    """A trigger that refuses TRUNCATE, which no row trigger notices."""
    name = f"{table}_no_truncate"
    return (
        trigger_function(name, f"  {_refuse(table, 'rows of locked months are not deleted')}"),
        trigger(table, name, "BEFORE TRUNCATE", each="STATEMENT"),
    )


def _insert_check(table: str, body: str, *, declare: str = "") -> tuple[DatabaseObject, ...]:
    """A trigger that checks the inserted rows (`new_rows`) after each statement."""
    name = f"{table}_seal_insert"
    return (
        trigger_function(name, body, declare=declare),
        trigger(table, name, "AFTER INSERT", each="STATEMENT", referencing="NEW TABLE AS new_rows"),
    )


_STATE = sql_function(
    "billing_locked_state",
    """CREATE OR REPLACE FUNCTION billing_locked_state(months bigint[]) RETURNS text LANGUAGE plpgsql AS $$
-- The state of the first of these months that is prepared, sealed or sent, or null. Locks all of them for reading.
DECLARE found text := NULL; one text;
BEGIN
FOR one IN SELECT state FROM billing_monthclose WHERE id = ANY(months) ORDER BY id FOR SHARE LOOP
  IF found IS NULL AND one IN ('prepared', 'sealed', 'sent') THEN found := one; END IF;
END LOOP;
RETURN found;
END $$;""",
)


def _rows_stay(table: str, event: str = "BEFORE UPDATE OR DELETE") -> tuple[DatabaseObject, ...]:
    """A trigger that refuses every change of the rows of a locked month."""
    name = f"{table}_seal"
    return (
        trigger_function(
            name,
            f"""
  IF billing_locked_state(ARRAY[OLD.close_id]) IS NOT NULL THEN
    {_refuse(table, "the month is prepared, sealed or sent, and its rows stay")}
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF NEW.close_id <> OLD.close_id AND billing_locked_state(ARRAY[NEW.close_id]) IS NOT NULL THEN
    {_refuse(table, "no row is moved to a month that is prepared, sealed or sent")}
  END IF;
  RETURN NEW;""",
        ),
        trigger(table, name, event),
    )


def _no_new_rows(table: str) -> tuple[DatabaseObject, ...]:
    """A trigger that refuses new rows of a locked month."""
    return _insert_check(
        table,
        # Only the name of our own table is formatted in.
        f"""
  IF billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows)) IS NOT NULL THEN
    {_refuse(table, "the month is prepared, sealed or sent, and gets no new rows")}
  END IF;
  RETURN NULL;""",  # noqa: S608
    )


# The changes of state of a month, from review on, and the columns that each sets or empties.
_MOVES = (
    ("in_review", "prepared", ("prepared_at", "prepared_by_id"), ()),
    ("prepared", "in_review", (), ("prepared_at", "prepared_by_id")),
    ("prepared", "sealed", ("sealed_at", "sealed_by_id", "facts_at"), ()),
    ("sealed", "in_review", (), ("prepared_at", "prepared_by_id", "sealed_at", "sealed_by_id", "facts_at")),
    ("sealed", "sent", (), ()),
)
# The rows that must exist when a month is sealed, reopened and sent.
_CONDITIONS = {
    "prepared to sealed": """
    IF NOT EXISTS (SELECT FROM billing_monthseal
                   WHERE close_id = NEW.id AND lifted_at IS NULL AND taken_at = NEW.facts_at)
       OR NOT EXISTS (SELECT FROM timetracking_monthlock WHERE practice_id = NEW.practice_id AND month = NEW.month) THEN
      RAISE EXCEPTION 'billing_monthclose: a sealed month has its seal and its time lock' USING ERRCODE = 'P0001';
    END IF;""",
    "sealed to in_review": """
    IF EXISTS (SELECT FROM billing_submission
               WHERE close_id = OLD.id AND (withdrawn_at IS NULL OR delivered_at IS NOT NULL)) THEN
      RAISE EXCEPTION 'billing_monthclose: a submission of the month is not withdrawn: not reopened'
        USING ERRCODE = 'P0001';
    END IF;
    IF NOT EXISTS (SELECT FROM billing_monthseal
                   WHERE close_id = OLD.id AND lifted_at IS NOT NULL AND taken_at = OLD.facts_at) THEN
      RAISE EXCEPTION 'billing_monthclose: the seal is lifted by a person with a reason first' USING ERRCODE = 'P0001';
    END IF;""",
    "sealed to sent": """
    IF NOT EXISTS (SELECT FROM billing_submission WHERE close_id = OLD.id AND delivered_at IS NOT NULL) THEN
      RAISE EXCEPTION 'billing_monthclose: no claim of this month was sent' USING ERRCODE = 'P0001';
    END IF;""",
}


def _move(old: str, new: str, filled: tuple[str, ...], emptied: tuple[str, ...]) -> str:
    """The branch of one change of state: what must be set, what must be empty, and nothing else may differ."""
    act = f"{old} to {new}"
    checks = [f"NEW.{column} IS NULL" for column in filled] + [f"NEW.{column} IS NOT NULL" for column in emptied]
    wrong = (
        f"\n    IF {' OR '.join(checks)} THEN\n"
        f"      {_refuse('billing_monthclose', f'{act} without its person and time')}\n    END IF;"
        if checks
        else ""
    )
    free = ["state", *filled, *emptied, *(["single_person_reason"] if "sealed" in {old, new} and new != "sent" else [])]
    same = "\n".join(f"    row.{column} := NEW.{column};" for column in free)
    return f"  WHEN '{act}' THEN{wrong}{_CONDITIONS.get(act, '')}\n{same}"


_MONTH_BODY = f"""
  IF TG_OP = 'DELETE' THEN
    IF OLD.state IN {_LOCKED} THEN
      {_refuse("billing_monthclose", "a month that is prepared, sealed or sent is not deleted")}
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state IN {_LOCKED} THEN
      {_refuse("billing_monthclose", "a month begins open")}
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state NOT IN {_LOCKED} AND NEW.state NOT IN {_LOCKED} THEN
    RETURN NEW;
  END IF;
  row := OLD;
  CASE OLD.state || ' to ' || NEW.state
{chr(10).join(_move(*move) for move in _MOVES)}
  ELSE
    IF NEW.state <> OLD.state THEN
      RAISE EXCEPTION 'billing_monthclose: % never becomes %', OLD.state, NEW.state USING ERRCODE = 'P0001';
    END IF;
  END CASE;
  IF row IS DISTINCT FROM NEW THEN
    {_refuse("billing_monthclose", "a month that is prepared, sealed or sent keeps its values")}
  END IF;
  RETURN NEW;"""

MONTH_TRIGGERS = (
    _STATE,
    trigger_function("billing_monthclose_seal", _MONTH_BODY, declare="row billing_monthclose%ROWTYPE;"),
    trigger("billing_monthclose", "billing_monthclose_seal", "BEFORE INSERT OR UPDATE OR DELETE"),
    *_no_truncate("billing_monthclose"),
    # Deleting the lock would let time be added to a sealed month.
    trigger_function(
        "timetracking_monthlock_seal",
        """
  IF EXISTS (SELECT FROM billing_monthclose
             WHERE practice_id = OLD.practice_id AND month = OLD.month AND state IN ('sealed', 'sent')) THEN
    RAISE EXCEPTION 'timetracking_monthlock: the month is sealed or sent' USING ERRCODE = 'P0001';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;""",
    ),
    trigger("timetracking_monthlock", "timetracking_monthlock_seal", "BEFORE UPDATE OR DELETE"),
    *_no_truncate("timetracking_monthlock"),
)
CHUNK_TRIGGERS = (
    *_rows_stay("billing_closechunk"),
    *_no_new_rows("billing_closechunk"),
    *_no_truncate("billing_closechunk"),
)
# Its append-only triggers refuse every change and TRUNCATE.
ATTESTATION_TRIGGERS = _no_new_rows("billing_attestation")
# `facts_change_count` is no part of the decision; everything else but `replaced_in` is append-only.
DECISION_TRIGGERS = _rows_stay("billing_keptdecision", "BEFORE UPDATE OF replaced_in, close_id")
CLAIM_TRIGGERS = (
    *append_only("billing_claim"),
    # An adjustment makes the claim of a line that was earned late. Without lines of an adjustment it is never sent.
    *_insert_check(
        "billing_claim",
        """
  IF billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows)) = 'prepared' THEN
    RAISE EXCEPTION 'billing_claim: the month is prepared, and gets no new claims' USING ERRCODE = 'P0001';
  END IF;
  RETURN NULL;""",
    ),
)
LINE_TRIGGERS = (
    # In every month only the state of a line changes, and the time of its end with it.
    trigger_function(
        "billing_claimline_seal",
        """
  state_now := billing_locked_state(ARRAY[OLD.close_id]);
  IF TG_OP = 'DELETE' THEN
    IF state_now IS NOT NULL THEN
      RAISE EXCEPTION 'billing_claimline: lines of a locked month are not deleted' USING ERRCODE = 'P0001';
    END IF;
    RETURN OLD;
  END IF;
  row := NEW;
  row.state := OLD.state;
  IF NEW.state <> OLD.state THEN
    row.ended_at := OLD.ended_at;
  END IF;
  IF row IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claimline: the values of a line are written once' USING ERRCODE = 'P0001';
  END IF;
  IF state_now IS NULL OR NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  IF state_now = 'prepared' OR OLD.state <> 'approved' OR NEW.state <> 'reversed'
     OR NOT EXISTS (SELECT FROM billing_adjustment a WHERE a.close_id = OLD.close_id AND a.claim_id = OLD.claim_id
                    AND a.taken_back @> jsonb_build_array(jsonb_build_object('line', OLD.public_id))) THEN
    RAISE EXCEPTION 'billing_claimline: a line of a locked month is only reversed, by an adjustment that names it'
      USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;""",
        declare="state_now text; row billing_claimline%ROWTYPE;",
    ),
    trigger("billing_claimline", "billing_claimline_seal", "BEFORE UPDATE OR DELETE"),
    *_insert_check(
        "billing_claimline",
        """
  IF EXISTS (SELECT FROM new_rows n LEFT JOIN billing_claim c ON c.id = n.claim_id
             WHERE c.close_id IS DISTINCT FROM n.close_id) THEN
    RAISE EXCEPTION 'billing_claimline: a line and its claim belong to the same month' USING ERRCODE = 'P0001';
  END IF;
  state_now := billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows));
  IF state_now IS NULL THEN
    RETURN NULL;
  END IF;
  IF EXISTS (
    SELECT FROM new_rows n JOIN billing_monthclose m ON m.id = n.close_id
    LEFT JOIN billing_adjustment a ON a.id = n.adjustment_id AND a.close_id = n.close_id AND a.claim_id = n.claim_id
      AND a.put_in @> jsonb_build_array(jsonb_build_object('line', n.public_id))
    WHERE m.state = 'prepared' OR m.state IN ('sealed', 'sent') AND (a.id IS NULL OR n.state <> 'approved')) THEN
    RAISE EXCEPTION 'billing_claimline: a locked month gets lines only by an adjustment that names them'
      USING ERRCODE = 'P0001';
  END IF;
  RETURN NULL;""",
        declare="state_now text;",
    ),
    *_no_truncate("billing_claimline"),
)
