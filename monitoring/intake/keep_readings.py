"""Keeping a body's measurements and retractions: in one statement what is new, one by one what is known by name."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from monitoring.ingest import RefusedEntry, Retracted
from monitoring.models import Delivery
from monitoring.models.reading_keys import ReadingKey
from monitoring.readings.lifecycle import Keeper
from monitoring.readings.sender_lines import STAYS_VOIDED, EntryResult
from monitoring.readings.sender_queries import twins
from monitoring.readings.store import MatchedReading, insert_new, place

NEW, KNOWN = EntryResult("new"), EntryResult("known")


def keep_readings(
    delivery: Delivery,
    keeper: Keeper,
    placed: dict[int, MatchedReading],
    retracted: Sequence[tuple[int, Retracted]],
    *,
    now: datetime,
    corrects: ReadingKey | None,
) -> dict[int, EntryResult]:
    """Keep measurements and retractions; returns what became of each by its place in the body.

    What was never named before is new in one statement. The rest is decided one by one in the body's order: a name that
    is known, comes twice in this body, or is taken back in it.
    """
    times = Counter(each.measured.name for each in placed.values())
    one_by_one = {entry.name for _, entry in retracted} | set(keeper.known) | {n for n, k in times.items() if k > 1}
    plain = {
        n: each for n, each in placed.items() if not each.measured.vendor_id or each.measured.name not in one_by_one
    }
    order, rows = list(plain), list(plain.values())
    made = insert_new(delivery.practice_id, delivery.pk, rows, now=now, sender_id=keeper.sender_id, corrects=corrects)
    keeper.fresh |= {order[at]: pk for at, pk in made.items()}
    outcomes = {order[at]: NEW for at in made}
    if len(made) < len(rows):
        outcomes |= _settle(keeper, {order[at]: rows[at] for at in range(len(rows)) if at not in made})
    words: list[tuple[int, MatchedReading | Retracted]] = [(n, each) for n, each in placed.items() if n not in plain]
    words += retracted
    for n, word in sorted(words, key=lambda each: each[0]):
        if isinstance(word, MatchedReading):
            outcomes[n] = keeper.keep(n, word)
        elif word.measured is not None:
            (where,) = place(delivery.practice_id, [word.measured], now=now)
            told = keeper.take_back_measurement(n, word, where)
            if isinstance(told, RefusedEntry):
                keeper.to_look_at.append(told)
                told = EntryResult("unmatched", told.said)
            outcomes[n] = told
        else:
            outcomes[n] = keeper.take_back(n, word)
    return outcomes


def _settle(keeper: Keeper, not_new: dict[int, MatchedReading]) -> dict[int, EntryResult]:
    """What is kept already: under another name, without a pulse that is told now, or voided by a person."""
    outcomes, order = {}, list(not_new)
    kept = twins(list(not_new.values()))
    for at, n in enumerate(order):
        each, row = not_new[n], kept.get(at)
        outcomes[n] = EntryResult("known", STAYS_VOIDED) if row is not None and row.by_person else KNOWN
        if row is not None and not row.by_person and each.values[2] and each.values[2] != row.content[5]:
            keeper.add_pulse(n, each, row)
            outcomes[n] = NEW if n in keeper.fresh else KNOWN
    keeper.note_other_names([(not_new[n], kept[at]) for at, n in enumerate(order) if at in kept])
    return outcomes
