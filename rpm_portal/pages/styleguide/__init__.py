"""The living page of every component in every state."""
