"""The admin's lists over all shards: newest first, by scatter, with a cursor instead of page numbers; and its forms."""

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
    """Which shard the list is of; of all without one."""

    title = "shard"
    parameter_name = "shard"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every shard."""
        return [(alias, alias) for alias in settings.SHARDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Leave the list alone: it is made on the asked-for shards."""
        return queryset


class AllShards(ChangeList):
    """The list of one shard as Django makes it; without a chosen shard the newest of all of them."""

    older_query = ""

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what filters by fields: the cursor does not."""
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name != BEFORE}

    def get_results(self, request: HttpRequest) -> None:
        """Ask all shards for their newest rows, unless one is chosen or what is looked for names it."""
        self.params.pop(BEFORE, None)  # links to other lists begin at their top
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
    """An admin of rows that live on shards: listed from all of them, opened and saved on the one that has the row."""

    model: type[Any]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        """Return the list that can be of all shards."""
        return AllShards

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row from its primary: an admin decides on what is, not on what was."""
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
        """Run Django's form view in a transaction on the row's shard; its own would open one on an unnamed shard."""
        row_id = parse_id(object_id or "")
        if row_id is None:
            raise Http404
        inner: Any = self  # what runs inside Django's own transaction has no public name
        with shard_atomic(bucket=ids.bucket_of(row_id)):
            response: HttpResponse = inner._changeform_view(  # noqa: SLF001 - see above
                request, object_id, form_url, extra_context
            )
        return response


def cursor(request: HttpRequest) -> int | None:
    """Return the id that the list goes on below; none for what is no id."""
    try:
        return ids.decode(request.GET.get(BEFORE, ""))
    except ids.InvalidId:
        return None


def shard_of(request: HttpRequest) -> str:
    """Return the shard that the list is asked for, empty for all."""
    asked = request.GET.get("shard", "")
    return asked if asked in settings.SHARDS else ""


def parse_id(term: str) -> int | None:
    """Return the id that a term is: a long number, the text that stands in addresses, or a whole address."""
    last = term.strip().rstrip("/").rsplit("/", 1)[-1]
    if last.isdecimal() and len(last) > 12:
        return int(last) if int(last) < 2**63 else None
    try:
        photo_id = ids.decode(last)
    except ids.InvalidId:
        return None
    return photo_id if photo_id >> 40 else None


def picture(photo: Photo, *, height: int) -> str:
    """Return an `<img>` of a ready photo, else its state."""
    if not photo.is_shown:
        return photo.get_state_display()
    source = cards.tile(photo).src
    return format_html(
        '<a href="{}"><img src="{}" height="{}" alt=""></a>', photo.get_absolute_url(), source, height
    )
