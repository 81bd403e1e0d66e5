"""The month closed, decided, reviewed."""
