"""Parts of JSON schemas with which vendors describe their bodies in OpenAPI."""

NUMBER: dict[str, object] = {"type": "number"}
TEXT: dict[str, object] = {"type": "string"}
MOMENT: dict[str, object] = {"type": "string", "format": "date-time"}


def object_schema(properties: dict[str, object], *required: str) -> dict[str, object]:
    """The schema of an object with these properties."""
    return {"type": "object", "properties": properties, "required": list(required)}


def request_body(schema: dict[str, object], example: object, media: str = "application/json") -> dict[str, object]:
    """The request body of an operation, with one example."""
    return {"requestBody": {"required": True, "content": {media: {"schema": schema, "example": example}}}}
