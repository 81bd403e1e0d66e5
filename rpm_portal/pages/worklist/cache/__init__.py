"""The kept rows of the worklist: refreshed, invalidated by triggers, drawn."""
