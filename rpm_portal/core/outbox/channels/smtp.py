"""E-mail through a practice's mail server."""

import smtplib
from datetime import datetime, timedelta
from email.utils import make_msgid

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from rpm_portal.core.outbox import registry
from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.channels.port import OutgoingMessage
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.registry import SendOutcome

MOST_TRIES = 2  # of a mail that may have arrived; both have the same Message-ID, so a mailbox shows one
_TLS_PORT = 465


def message_id(row: OutboxRow) -> str:
    """The Message-ID of a row, the same in each try."""
    return f"<{row.public_id}@{settings.PUBLIC_URL.partition('://')[2].partition(':')[0] or make_msgid()}>"


def send(account: ChannelAccount, row: OutboxRow, message: OutgoingMessage, *, now: datetime) -> SendOutcome:
    """Send a mail over TLS. 4xx is tried again, 5xx refused; a connection that is cut may have delivered it."""
    connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=account.host,
        port=account.port,
        username=account.account_name,
        password=account.secret,
        use_tls=account.port != _TLS_PORT,
        use_ssl=account.port == _TLS_PORT,
        timeout=settings.EMAIL_TIMEOUT,
    )
    try:
        opened = connection.open()
    except smtplib.SMTPAuthenticationError as error:
        return registry.try_later(f"The mail server refused the password ({error.smtp_code}).")
    except (OSError, smtplib.SMTPException) as error:
        return registry.try_later(f"The mail server was not reached ({type(error).__name__}).")
    if not opened:
        return registry.try_later("The mail server was not reached.")
    mail = EmailMessage(
        message.subject,
        message.body,
        f"{account.outside_name} <{account.sender}>",
        [message.to],
        headers={"Message-ID": message_id(row), "Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    return _deliver(mail, message)


def _deliver(mail: EmailMessage, message: OutgoingMessage) -> SendOutcome:
    """Send over the open connection, and close it. No server text is kept: it may contain the address."""
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()), (550, b""))[0]
        return _refusal(code, message)
    except smtplib.SMTPResponseException as error:
        return _refusal(error.smtp_code, message)
    except ValueError:
        return registry.refused("The subject or address contains a line break.", digest=message.digest)
    except (OSError, smtplib.SMTPException) as error:
        return registry.unsure(f"The mail server cut the connection ({type(error).__name__}).", digest=message.digest)
    return registry.delivered(mail.extra_headers["Message-ID"], digest=message.digest)


def _refusal(code: int, message: OutgoingMessage) -> SendOutcome:
    if 400 <= code < 500:
        return registry.try_later(f"The mail server asks to wait ({code}).")
    return registry.refused(f"The mail server refused it ({code}).", digest=message.digest, code=str(code))


def settle(account: ChannelAccount, row: OutboxRow, to: str, *, now: datetime) -> SendOutcome:
    """Once more with the same Message-ID, then leave it to a person."""
    if row.tries < MOST_TRIES:
        return registry.try_later("It may not have arrived.", after=timedelta(minutes=1))
    return registry.unsure(row.why)
