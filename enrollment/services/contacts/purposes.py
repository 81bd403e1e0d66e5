"""The purposes of messages to patients and caregivers. A later package registers its own at start."""

from collections.abc import Callable
from dataclasses import dataclass

from enrollment.models import ContactPoint
from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.channels.segments import is_gsm, segments
from rpm_portal.core.outbox.models import OutboxRow


@dataclass(frozen=True)
class MessageText:
    """What is sent: the practice's outside name, that there is a message, and a link. No name, condition or program."""

    body: str
    subject: str = ""


def _is_needed(row: OutboxRow) -> str:
    return ""


@dataclass(frozen=True)
class Purpose:
    """Why a message is sent.

    `write` makes the text at sending. `not_needed` answers why it is no longer needed, or an empty text. An automated
    message keeps quiet hours and caps. Without `needs_consent` it answers a message of the person itself.
    """

    name: str
    write: Callable[[OutboxRow, ContactPoint, ChannelAccount], MessageText]
    not_needed: Callable[[OutboxRow], str] = _is_needed
    is_automated: bool = True
    needs_consent: bool = True


_purposes: dict[str, Purpose] = {}


def register_purpose(purpose: Purpose) -> None:
    """Register a purpose at start; the same name again replaces it."""
    _purposes[purpose.name] = purpose


def purpose_of(name: str) -> Purpose | None:
    """The purpose with this name; None if no package registered it."""
    return _purposes.get(name)


def automated_purposes() -> list[str]:
    """The names of the purposes that count toward the caps."""
    return [name for name, purpose in _purposes.items() if purpose.is_automated]


def check_text(text: str) -> str:
    """Why a text is not sent as one segment; empty if it is: GSM characters only, at most 160."""
    if not is_gsm(text):
        return "The text has characters that triple its price. Use letters without these accents."
    return "" if segments(text) == 1 else "The text is longer than one segment of 160 characters."


_STOPPED = {
    "en": "{name}: you will get no more texts or automated calls from us. Reply START to get texts again.",
    "es": "{name}: no recibira mas mensajes ni llamadas automaticas nuestros. Responda START para recibirlos.",
}
_HELP = {
    "en": "{name}: call us at {phone}. Reply STOP to end texts.",
    "es": "{name}: llamenos al {phone}. Responda STOP para no recibir mas mensajes.",
}


def _writer(texts: dict[str, str]) -> Callable[[OutboxRow, ContactPoint, ChannelAccount], MessageText]:
    def write(row: OutboxRow, point: ContactPoint, account: ChannelAccount) -> MessageText:
        """The text in the language of the point."""
        return MessageText(texts[point.language].format(name=account.outside_name, phone=account.help_phone))

    return write


STOP_CONFIRMATION, HELP_ANSWER = "stop_confirmation", "help_answer"
for _name, _texts in ((STOP_CONFIRMATION, _STOPPED), (HELP_ANSWER, _HELP)):
    register_purpose(Purpose(_name, _writer(_texts), is_automated=False, needs_consent=False))
