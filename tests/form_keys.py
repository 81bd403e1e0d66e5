"""The test client sends each form with a key, as the pages do. A test of a missing key sends an empty one."""

from collections.abc import Callable
from typing import Any

from django.test.client import MULTIPART_CONTENT

from rpm_portal.accounts.sent_forms import FIELD, new_key

Post = Callable[..., Any]


def with_key(data: dict[str, Any] | None) -> dict[str, Any]:
    """The fields of a form with a new key, unless it has one."""
    fields = data.copy() if data else {}
    fields.setdefault(FIELD, new_key())
    return fields


def post_with_key(post: Post) -> Post:
    """`Client.post` of the test client, which adds a key to forms. Bodies of another type and of the API stay."""

    def sent(self: Any, path: str, data: Any = None, content_type: str = MULTIPART_CONTENT, **more: Any) -> Any:
        if content_type == MULTIPART_CONTENT and not path.startswith("/api/"):
            data = with_key(data)
        return post(self, path, data, content_type, **more)

    return sent
