"""Payers' answers: 999, 277CA and 835 files, and the denials to work on."""
