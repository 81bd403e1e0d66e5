"""Base classes of the Django admin: what an operator reads and changes is in the audit of the practices concerned."""

from collections import Counter
from collections.abc import Iterable
from typing import cast

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from simple_history.admin import SimpleHistoryAdmin

from rpm_portal.accounts.credentials import memberships_of
from rpm_portal.accounts.models import Practice, User
from rpm_portal.audit.services import record

MAX_SUBJECT_LENGTH = 60  # of audit_event.subject
ExtraContext = dict[str, object] | None
Message = str | list[dict[str, dict[str, list[str]]]]


def practices_of(row: object) -> list[Practice]:
    """The practices that a row concerns: its own, those of its person, or all for a row that belongs to none.

    A person who may enter the admin concerns all practices.
    """
    if isinstance(row, Practice):
        return [row]
    practice = getattr(row, "practice", None)
    if practice is not None:
        return [practice]
    person = row if isinstance(row, User) else getattr(row, "user", None)
    if isinstance(person, User) and not person.is_staff:
        practices = [member.practice for member in memberships_of(person, now=timezone.now())]
        if practices:
            return practices
    return list(Practice.objects.all())


def record_in_admin(request: HttpRequest, action: str, rows: Iterable[Model], **detail: object) -> None:
    """Add an event to the chain of each practice that a row concerns, ordered by practice, with the number of rows."""
    rows = list(rows)
    practices = {practice.pk: practice for row in rows for practice in practices_of(row)}
    counts = Counter(practice.pk for row in rows for practice in practices_of(row))
    subject = ""
    if len(rows) == 1:
        subject = f"{rows[0]._meta.model_name}:{getattr(rows[0], 'public_id', rows[0].pk)}"
    for pk in sorted(practices):
        record(
            practice=practices[pk],
            by=cast(User, request.user),
            action=action,
            subject=subject[:MAX_SUBJECT_LENGTH],
            detail={"count": counts[pk], **detail},
            now=timezone.now(),
        )


class AuditedAdmin(admin.ModelAdmin):
    """A page of the admin whose reads and changes are recorded."""

    list_per_page = 50
    # False for rows that neither name a person nor belong to a practice.
    reads_are_recorded = True

    def _model(self) -> str:
        return str(self.model._meta.label_lower)

    def _record_read(self, request: HttpRequest, response: HttpResponse, rows: Iterable[Model]) -> None:
        if self.reads_are_recorded and request.method == "GET" and response.status_code == 200:
            record_in_admin(request, "admin_read", rows, model=self._model())

    def changelist_view(self, request: HttpRequest, extra_context: ExtraContext = None) -> HttpResponse:
        """The list; the rows of the shown page are recorded as read."""
        response = super().changelist_view(request, extra_context)
        changes = (getattr(response, "context_data", None) or {}).get("cl")
        self._record_read(request, response, changes.result_list if changes else [])
        return response

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: ExtraContext = None,
    ) -> HttpResponse:
        """The form; its row is recorded as read."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        row = (getattr(response, "context_data", None) or {}).get("original")
        self._record_read(request, response, [row] if row is not None else [])
        return response

    def history_view(self, request: HttpRequest, object_id: str, extra_context: ExtraContext = None) -> HttpResponse:
        """The changes of a row, which is recorded as read."""
        response = super().history_view(request, object_id, extra_context)
        row = self.get_object(request, object_id)
        self._record_read(request, response, [row] if row is not None else [])
        return response

    def log_addition(self, request: HttpRequest, obj: Model, message: Message) -> LogEntry:
        """Record a new row, besides Django's own log."""
        record_in_admin(request, "admin_add", [obj], model=self._model())
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Message) -> LogEntry:
        """Record a changed row with the names of the changed fields."""
        names = [
            name for part in message if isinstance(part, dict) for name in part.get("changed", {}).get("fields", [])
        ]
        record_in_admin(request, "admin_change", [obj], model=self._model(), fields=names)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Model]) -> list[LogEntry]:
        """Record rows that are about to be deleted."""
        record_in_admin(request, "admin_delete", list(queryset), model=self._model())
        return super().log_deletions(request, queryset)


class AllConstraintsForm(forms.ModelForm):
    """A form that also checks constraints on fields that it does not show.

    Django leaves those fields out. A constraint that names one then cannot be checked: an exclusion constraint raises
    FieldError, a check or unique constraint is skipped and fails in the database. Both are an error 500.
    """

    def _get_validation_exclusions(self) -> set[str]:
        """Django's set, without the hidden fields that a constraint's condition names."""
        named = {
            reference[0]
            for constraint in self._meta.model._meta.constraints
            if (condition := getattr(constraint, "condition", None)) is not None
            for reference in self._meta.model._get_expr_references(condition)
        }
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - (named - set(self.fields))


class NoDeleteAdmin(AuditedAdmin, SimpleHistoryAdmin):
    """Reference data with a history: rows are changed or ended, never deleted."""

    form = AllConstraintsForm

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: ExtraContext = None
    ) -> HttpResponse:
        """A former state of a row, which is recorded as read."""
        response: HttpResponse = super().history_form_view(request, object_id, version_id, extra_context)
        row = self.get_object(request, object_id)
        self._record_read(request, response, [row] if row is not None else [])
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """False: decisions refer to these rows."""
        return False


class ReadOnlyAdmin(AuditedAdmin):
    """Rows that people change only on the portal's own pages, with their checks and reasons."""

    list_display: tuple[str, ...] = ("__str__", "practice")
    list_filter = ("practice",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """False."""
        return False


class DeleteOnlyAdmin(ReadOnlyAdmin):
    """Rows that can be viewed and deleted, always through `delete_model`."""

    list_filter = ()  # type: ignore[assignment]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether the person has Django's delete permission."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        """Delete each row through `delete_model`."""
        for row in queryset:
            self.delete_model(request, row)
