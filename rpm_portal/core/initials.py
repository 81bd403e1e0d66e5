"""Initials of a person, shown instead of a photograph."""


def initials_of(given_name: str, family_name: str) -> str:
    """The first letters of the given and the family name in upper case, like VS for Vernon Stone; `?` without one."""
    letters = [next((letter for letter in name if letter.isalnum()), "") for name in (given_name, family_name)]
    return "".join(letters).upper() or "?"
