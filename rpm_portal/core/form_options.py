"""Types of the arguments that the portal's forms pass on to Django's."""

from collections.abc import Mapping, MutableMapping
from typing import Any, TypedDict

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

FormData = Mapping[str, object] | None


class FormOptions(TypedDict, total=False):
    """The options of a form besides its data; any may be left out."""

    files: "MultiValueDict[str, UploadedFile[Any]] | None"
    auto_id: bool | str
    prefix: str | None
    initial: MutableMapping[str, Any] | None
