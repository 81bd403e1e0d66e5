"""The patient's secure page behind a link: second check, visit, messages, preferences, help with the device.

It knows no account and no session of the portal: a visit is a row of its own with a cookie of its own. The secret of a
link follows from a key outside the database and is in no row, log or address that a browser sends.
"""
