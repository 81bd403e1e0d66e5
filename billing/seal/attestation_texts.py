"""The versions of the text that a billing provider attests to. A published version is never edited; the last is used.

An attestation stores its text and its version.
"""

TEXTS = {
    1: (
        "I attest that the services on these lines were furnished by me or under my supervision as they are written, "
        "that they were medically necessary, and that the records behind them are true."
    ),
    2: (
        "I attest that the services on these lines were performed by me, or by the people named in the record under my "
        "supervision, as they are written; that the time and the live communication that each code requires took "
        "place; that the services were medically necessary; that no other provider billed a conflicting code for the "
        "same period, as far as the patient, the other practices and the payers were asked; and that the records of "
        "these lines are true."
    ),
}
VERSION = max(TEXTS)
STATEMENT = TEXTS[VERSION]
