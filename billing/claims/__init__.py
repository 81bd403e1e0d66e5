"""Claims that are ready to send, their submission, and the files they are sent in."""
