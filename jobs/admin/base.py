"""Lists and pages of rows that the engine owns: nothing to edit, and quick however many rows there are."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.filters import SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, checkbox
from unfold.views import ChangeList

MOST_COUNTED = 5000
MOST_SCANNED = 50_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # Django's own takes no arguments
    """Counts no further than 5,000 rows, and has no pages beyond them."""

    template_name = "admin/jobs/pagination.html"

    @cached_property
    def count(self) -> int:
        rows = cast(QuerySet[Any], self.object_list)
        return rows.order_by()[:MOST_COUNTED].count()

    @property
    def is_cut(self) -> bool:
        return self.count >= MOST_COUNTED


class BoundedChangeList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """A list whose filters look at a bounded number of rows."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        admin: EngineAdmin = self.model_admin
        if self.has_active_filters and not self.query:
            found = admin.bounded(request, found)
        return found.defer(*admin.list_defer)

    def get_results(self, request: HttpRequest) -> None:
        """The heading has a way back to all rows only where these are not all."""
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


_BOX = checkbox.render(ACTION_CHECKBOX_NAME, "{}")
_Django: Any = admin.ModelAdmin  # beside unfold, which has no types


class GuardedAdmin(_Django):  # type: ignore[misc]  # see there
    """Asked for what cannot be, it says that there is no such thing: Django's own fails at some of that."""

    # unfold's table asks for them twice in each row; to find that a class lacks a name takes longer than a row.
    list_sections: Sequence[Any] = ()

    @admin.display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Model) -> SafeString:
        """unfold's own, without rendering three templates for each row."""
        return format_html(_BOX, obj.pk)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Rows are named by their own key only."""
        return bool(to_field == self.model._meta.pk.name)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """None for what PostgreSQL takes for no text; a blank name of a field is none."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field or None)

    def response_action(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase | None:
        """What further it takes differs between versions of Django."""
        self.named(request.POST.getlist(ACTION_CHECKBOX_NAME))
        answer: HttpResponseBase | None = super().response_action(request, *args, **options)
        return answer

    def named(self, texts: Sequence[Any]) -> list[Any]:
        """The keys that somebody wrote. Raises Http404: one could be no row's."""
        try:
            if all(isinstance(text, str) for text in texts):
                return [self.model._meta.pk.to_python(text) for text in texts]
        except ValidationError:
            pass
        raise Http404


class EngineAdmin(GuardedAdmin, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Read-only. A search is by exact key (`search`), so that an index answers it."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 25  # rendering a row costs more than finding it
    list_max_show_all = 25
    list_filter: Sequence[type[SimpleListFilter]] = ()
    list_defer: ClassVar[Sequence[str]] = ()
    ordering: Sequence[str] = ("-pk",)
    sortable_by: Sequence[str] = ()
    # The field only makes the box appear: `get_search_results` never uses it.
    search_fields: Sequence[str] = ()
    nothing: ClassVar[str] = ""
    """What an empty list says: what will appear and how."""
    change_form_outer_before_template = "admin/jobs/buttons.html"

    def bounded(self, request: HttpRequest, found: QuerySet[Any]) -> QuerySet[Any]:
        """`found` among the newest rows only: a filter without an index must not walk through millions."""
        return found if (oldest := self.horizon(self.model.objects.all())) is None else found.filter(pk__gte=oldest)

    def horizon(self, rows: QuerySet[Any], most: int = MOST_SCANNED) -> Any:
        """The key of the oldest of the newest `most` of `rows`; None when there are no more than those."""
        return rows.order_by("-pk").values_list("pk", flat=True)[most : most + 1].first()

    def search(self, found: QuerySet[Any], term: str) -> QuerySet[Any]:
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term or not self.search_fields:
            return queryset, False
        return self.search(queryset, term), False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only the filters' own parameters: others would scan, or guess at payloads letter by letter."""
        return lookup in {one.parameter_name for one in self.list_filter}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def as_uuid(term: str) -> UUID | None:
    """The id that was searched for, if it is one."""
    try:
        return UUID(term)
    except ValueError:
        return None
