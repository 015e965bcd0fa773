"""The admin's list of photos over all shards: newest first, by scatter, with a cursor instead of page numbers."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from photos.models import Photo
from sharding import ids, keyset

BEFORE = "before"


class ShardFilter(admin.SimpleListFilter):
    """Which shard the list is of; of all without one."""

    title = "shard"
    parameter_name = "shard"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every shard."""
        return [(alias, alias) for alias in settings.SHARDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Photo]) -> QuerySet[Photo]:
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
