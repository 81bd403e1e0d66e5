"""The serializer of the shared cache. Django's default is pickle: whoever can write to the cache could run code."""

import json
from typing import Any


class JsonSerializer:
    """Values of the shared cache as JSON."""

    def dumps(self, value: object) -> object:
        """The stored form. Integers stay integers, so that the server can increment them."""
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """The value. Raises ValueError for anything that is not JSON."""
        return json.loads(data)
