"""The page of billing facts: what people record for claims, by kind."""
