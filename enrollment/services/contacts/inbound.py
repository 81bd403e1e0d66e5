"""Texts that arrive: stop and start words act at once, help is answered, everything else is announced."""

from datetime import datetime, timedelta

from enrollment.events import TextReceived
from enrollment.models import ConsentAct, ContactChannel, ContactPoint
from enrollment.services.contacts import ledger
from enrollment.services.contacts.addresses import plain_number
from enrollment.services.contacts.messages import queue_message, refusal_now
from enrollment.services.contacts.points import points_with
from enrollment.services.contacts.purposes import HELP_ANSWER, STOP_CONFIRMATION
from enrollment.services.contacts.stop_words import HELP, PERHAPS_STOP, START, STOP, meaning_of
from rpm_portal.core import events
from rpm_portal.core.outbox.channels.models import ChannelAccount, HookBody
from rpm_portal.core.refusals import Refused

ANSWER_WITHIN = timedelta(minutes=5)
HELP_WITHIN = timedelta(minutes=15)


def receive_text(account: ChannelAccount, hook: HookBody, *, number: str, text: str, now: datetime) -> str:
    """Act on a text, in the transaction that marks it as handled; returns its meaning.

    A stop word ends texts and automated calls for every person of the practice who has the number.
    """
    meaning = meaning_of(text)
    try:
        number = plain_number(number)
    except Refused:
        meaning = ""  # a short code or a foreign number: nobody has it
    found = list(points_with(account.practice_id, number)) if meaning else []
    if meaning == STOP:
        _stop(account, hook, found, text, now)
    elif meaning == START:
        _start(found, text, now)
    elif meaning == HELP:
        _answer(found, HELP_ANSWER, hook, now, within=HELP_WITHIN)
    else:
        if meaning == PERHAPS_STOP:
            _ask(found, text, now)
        keys = tuple(point.pk for point in found)
        may_stop = meaning == PERHAPS_STOP
        events.announce(
            TextReceived(account.practice_id, account.pk, hook.pk, number, text, keys, may_stop, received_at=now)
        )
    return meaning


def _stop(account: ChannelAccount, hook: HookBody, found: list[ContactPoint], text: str, now: datetime) -> None:
    """Withdraw for each person with the number, and confirm once unless the carrier does."""
    persons = {(point.patient_id, point.caregiver_id): point for point in found}
    for point in persons.values():
        for channel in ledger.AUTOMATED:
            ledger.record_act(
                point, channel=channel, act=ConsentAct.WITHDRAWN, how="keyword", now=now, text=text, whole_person=True
            )
    if not account.provider_answers_stop:
        _answer(found, STOP_CONFIRMATION, hook, now, within=ANSWER_WITHIN)


def _start(found: list[ContactPoint], text: str, now: datetime) -> None:
    """Resume texts to the number where they had been allowed before they were stopped."""
    for point in found:
        event = ledger.last_event(point, ContactChannel.SMS)
        is_stopped = event is not None and event.act not in ledger.ALLOWED
        if is_stopped and ledger.was_allowed(point, ContactChannel.SMS):
            ledger.record_act(
                point, channel=ContactChannel.SMS, act=ConsentAct.RESUMED, how="keyword", now=now, text=text
            )


def _ask(found: list[ContactPoint], text: str, now: datetime) -> None:
    """Hold texts to the number until a person has read the message."""
    for point in found:
        event = ledger.last_event(point, ContactChannel.SMS)
        if event is not None and event.act not in ledger.STOPPED:
            ledger.record_act(point, channel=ContactChannel.SMS, act=ConsentAct.ASKED, how="words", now=now, text=text)


def _answer(found: list[ContactPoint], purpose: str, hook: HookBody, now: datetime, *, within: timedelta) -> None:
    """One text to the number, however many people have it."""
    if found and not refusal_now(found[0], purpose, now=now):
        queue_message(found[0], purpose=purpose, key=f"{purpose}:{hook.pk}", now=now, not_after=now + within)
