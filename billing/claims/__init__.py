"""Claims that are ready to leave, their submission, and the files they leave in."""
