"""Lists and forms of the admin for rows on shards: the newest of all shards, with a cursor instead of page numbers."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html

from photos.display import cards
from photos.models import Photo
from sharding.consistency import causal
from sharding.gather import keyset
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

BEFORE = "before"


class ShardFilter(admin.SimpleListFilter):
    """The filter by shard; without a choice the list is of all shards."""

    title = "shard"
    parameter_name = "shard"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every shard."""
        return [(alias, alias) for alias in settings.SHARDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the queryset as it is: the list itself asks the chosen shard."""
        return queryset


class AllShards(ChangeList):
    """The list of the chosen shard as Django makes it; without a choice the newest rows of all shards."""

    older_query = ""

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the parameters that filter by fields, so without the cursor."""
        filters: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in filters.items() if name != BEFORE}

    def get_results(self, request: HttpRequest) -> None:
        """Ask all shards for their newest rows, unless the filter or the search for an id names one shard."""
        self.params.pop(BEFORE, None)  # links that change a filter begin at the top of the list
        if "shard" in self.queryset._hints or "bucket" in self.queryset._hints:
            super().get_results(request)
            return
        rows: Any = self.queryset
        page = keyset.newest(rows.everywhere(), before=cursor(request), limit=self.list_per_page)
        self.result_list = page.rows
        self.result_count = len(page.rows)
        self.full_result_count = None
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(page.rows, self.list_per_page)
        if page.next_cursor is not None:
            self.older_query = self.get_query_string({BEFORE: ids.encode(page.next_cursor)})
        for alias, reason in page.missing.items():
            messages.warning(request, f"This list lacks {alias}: {reason}")


class OnShards:
    """A ModelAdmin mixin for rows on shards: lists all shards, opens and saves a row on its own shard."""

    model: type[Any]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        """Return the list class that can ask all shards."""
        return AllShards

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row from its primary, because a decision needs its current state."""
        row_id = parse_id(object_id)
        if row_id is None:
            return None
        with causal.pin():
            return self.model.objects.locate(row_id).first()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Run Django's form view in a transaction on the row's shard; Django's own would name no shard."""
        row_id = parse_id(object_id or "")
        if row_id is None:
            raise Http404
        inner: Any = self  # Django's view without its transaction has no public name
        with shard_atomic(bucket=ids.bucket_of(row_id)):
            response: HttpResponse = inner._changeform_view(  # noqa: SLF001 - see above
                request, object_id, form_url, extra_context
            )
        return response


def cursor(request: HttpRequest) -> int | None:
    """Return the cursor of the request, an id; None without a valid one."""
    try:
        return ids.decode(request.GET.get(BEFORE, ""))
    except ids.InvalidId:
        return None


def shard_of(request: HttpRequest) -> str:
    """Return the alias of the chosen shard; "" for all."""
    alias = request.GET.get("shard", "")
    return alias if alias in settings.SHARDS else ""


def parse_id(term: str) -> int | None:
    """Return the id that a search term names: a long number, the id in an address, or a whole address; else None."""
    last = term.strip().rstrip("/").rsplit("/", 1)[-1]
    if last.isdecimal() and len(last) > 12:
        return int(last) if int(last) < 2**63 else None
    try:
        photo_id = ids.decode(last)
    except ids.InvalidId:
        return None
    return photo_id if photo_id >> 40 else None


def picture(photo: Photo, *, height: int) -> str:
    """Return a linked `<img>` of a photo that has a rendition, else its state."""
    if not photo.is_shown:
        return photo.get_state_display()
    source = cards.tile(photo).src
    return format_html(
        '<a href="{}"><img src="{}" height="{}" alt=""></a>', photo.get_absolute_url(), source, height
    )
