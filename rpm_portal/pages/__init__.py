"""Pages that read several apps, one package for each. No app imports them."""
