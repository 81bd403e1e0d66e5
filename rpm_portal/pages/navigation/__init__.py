"""The navigation: its items by permission, and the counts next to them."""
