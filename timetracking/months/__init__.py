"""The kept sums of a month, and the triggers that keep a locked month locked."""
