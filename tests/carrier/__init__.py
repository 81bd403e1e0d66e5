"""A carrier for tests, with the interface of Twilio and its faults."""
