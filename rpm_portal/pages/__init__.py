"""Pages that read several apps, one package each. No app imports them."""
