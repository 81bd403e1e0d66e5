"""The texts of the patient letter in English and Spanish."""

from collections.abc import Callable
from datetime import date

_MONTHS = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "es": (
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
}
LANGUAGES = {"en": "English", "es": "Español"}
TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "title": "What was done and billed in {month}",
        "intro": "{practice} follows your readings at home, under the care of {provider}. This page says what was "
        "done in {month}, and what your insurance is asked to pay for it.",
        "intro_alone": "{practice} tells you here what was done in {month}, and what your insurance is asked to pay "
        "for it.",
        "measured": "Your readings",
        "days": "Readings came from you on {count} days of the month.",
        "one_day": "Readings came from you on 1 day of the month.",
        "no_days": "No readings came from you in this month.",
        "spoke": "When we spoke, in minutes and seconds",
        "call": "{day}: {who}, {length}",
        "no_calls": "We did not speak with you in this month.",
        "worked": "We worked {time} for you in this month, in minutes and seconds.",
        "billed": "What was billed",
        "code": "Code",
        "what": "For what",
        "on": "Date",
        "setup": "Setting up your device and teaching you to use it, once",
        "device": "The device, which sent your readings on {count} days from {start} to {end}",
        "base": "Looking at your readings and caring for you: the first {minutes} minutes of the month",
        "add_on": "Each further 20 minutes",
        "care": "Coordinating the care of your long-term conditions in this month",
        "care_add_on": "Further time for coordinating your care",
        "access": "Reviewing the report of another organization that also cares for you",
        "times": "{count} times",
        "payer": "Sent, or about to be sent, to: {payer}",
        "nothing": "Nothing was billed for this month.",
        "open": "This month is not closed yet. Nothing has been billed for it so far.",
        "share": "What you may have to pay",
        "insurance": "Your insurance decides this and writes to you.",
        "medicare": "After the yearly deductible, Medicare Part B usually leaves 20 percent to you or to your second "
        "insurance.",
        "about": "For this page that is about {amount}.",
        "wrong": "If something here did not happen, please tell us{phone}.",
        "hotline": "You can also ask Medicare: 1-800-633-4227.",
        "card": "You can also call the number on your insurance card.",
        "stop": "You may end this service at any time. Tell us, and nothing after that day is billed.",
        "phone": " at {number}",
    },
    "es": {
        "title": "Lo que se hizo y se cobró en {month}",
        "intro": "{practice} sigue sus mediciones desde casa, bajo el cuidado de {provider}. Esta página dice qué se "
        "hizo en {month} y qué se le pide pagar a su seguro por ello.",
        "intro_alone": "{practice} le dice aquí qué se hizo en {month} y qué se le pide pagar a su seguro por ello.",
        "measured": "Sus mediciones",
        "days": "Recibimos mediciones suyas en {count} días del mes.",
        "one_day": "Recibimos mediciones suyas en 1 día del mes.",
        "no_days": "No recibimos mediciones suyas en este mes.",
        "spoke": "Cuándo hablamos, en minutos y segundos",
        "call": "{day}: {who}, {length}",
        "no_calls": "No hablamos con usted en este mes.",
        "worked": "Trabajamos {time} para usted en este mes, en minutos y segundos.",
        "billed": "Lo que se cobró",
        "code": "Código",
        "what": "Por qué",
        "on": "Fecha",
        "setup": "Preparar su aparato y enseñarle a usarlo, una vez",
        "device": "El aparato, que envió sus mediciones en {count} días, del {start} al {end}",
        "base": "Revisar sus mediciones y cuidar de usted: los primeros {minutes} minutos del mes",
        "add_on": "Cada 20 minutos más",
        "care": "Coordinar la atención de sus enfermedades crónicas en este mes",
        "care_add_on": "Más tiempo para coordinar su atención",
        "access": "Revisar el informe de otra organización que también le atiende",
        "times": "{count} veces",
        "payer": "Enviado, o por enviarse, a: {payer}",
        "nothing": "No se cobró nada por este mes.",
        "open": "Este mes todavía no está cerrado. Hasta ahora no se ha cobrado nada.",
        "share": "Lo que usted quizá tenga que pagar",
        "insurance": "Su seguro lo decide y le escribirá.",
        "medicare": "Después del deducible anual, Medicare Parte B suele dejar el 20 por ciento a usted o a su "
        "segundo seguro.",
        "about": "Por esta página son unos {amount}.",
        "wrong": "Si algo de esto no sucedió, por favor díganoslo{phone}.",
        "hotline": "También puede preguntar a Medicare: 1-800-633-4227.",
        "card": "También puede llamar al número de su tarjeta del seguro.",
        "stop": "Puede terminar este servicio cuando quiera. Díganoslo, y nada después de ese día se cobra.",
        "phone": " al {number}",
    },
}


def day_words(day: date, language: str) -> str:
    """A day in words: March 12, 2026 or 12 de marzo de 2026."""
    month = _MONTHS[language][day.month - 1]
    return f"{day.day} de {month} de {day.year}" if language == "es" else f"{month} {day.day}, {day.year}"


def month_words(day: date, language: str) -> str:
    """A month in words: March 2026 or marzo de 2026."""
    month = _MONTHS[language][day.month - 1]
    return f"{month} de {day.year}" if language == "es" else f"{month} {day.year}"


def text_in(language: str) -> Callable[..., str]:
    """A function that returns a sentence of a language by the text's name and its values."""
    texts = TEXTS[language]
    return lambda name, **values: texts[name].format(**values)
