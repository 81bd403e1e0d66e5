"""The database server's own log contains no patients: the settings that prevent it, and a check of them."""

from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.db import DatabaseError, connection

# Statements, parameters and details of errors contain names. After a killed backend the postmaster logs the statement
# of that backend, so the settings must be the server's and not those of a role (docs/deploy/postgresql/portal.conf).
REQUIRED_SETTINGS = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
# Values that log even less.
_STRICTER = {"log_min_messages": {"panic"}}


def wrong_settings() -> dict[str, str]:
    """The server's settings that let patients into its log, with their values. Seven statements."""
    values = {name: _current_setting(name) for name in REQUIRED_SETTINGS}
    return {
        name: value
        for name, value in values.items()
        if value != REQUIRED_SETTINGS[name] and value not in _STRICTER.get(name, ())
    }


def _current_setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.callproc("current_setting", [name])
        return str(cursor.fetchone()[0])


@register(Tags.security, deploy=True)
def check_server_log(**_: object) -> list[CheckMessage]:
    """`manage.py check --deploy`: an error for each setting of the database server that logs patients."""
    try:
        wrong = wrong_settings()
    except DatabaseError:
        return [Info("The database does not respond, so the settings of its log were not checked.", id="portal.I001")]
    return [
        Error(
            f"{name} of the database server is {value}: its log would contain patients.",
            hint=f"Set {name} = {REQUIRED_SETTINGS[name]} in the server's configuration, as in "
            "docs/deploy/postgresql/portal.conf.",
            id="portal.E001",
        )
        for name, value in wrong.items()
    ]
