"""Photos in the admin: found by id or by person, looked at, rendered again."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from photos.library import captions
from photos.models import Attempt, Photo, Rendition, Report, State
from photos.moderation.admin_lists import OnShards, ShardFilter, parse_id, picture, shard_of
from photos.moderation.admin_reports import ReportAdmin, person_link
from photos.pipeline import upload
from sharding.rows import ids

# Django's classes take type arguments for the type checker only.
if TYPE_CHECKING:
    PhotoModelAdmin = admin.ModelAdmin[Photo]
    RenditionTable = admin.TabularInline[Rendition, Photo]
    AttemptTable = admin.TabularInline[Attempt, Photo]
else:
    PhotoModelAdmin = admin.ModelAdmin
    RenditionTable = AttemptTable = admin.TabularInline

admin.site.register(Report, ReportAdmin)


class WrittenByWorkers:
    """Rows of one photo, to be looked at only, asked for on the shard of the photo that the page is about."""

    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of the photo's bucket; the inline's form keeps those of the photo."""
        model: Any = self.model  # type: ignore[attr-defined]  # of the inline that this is mixed into
        photo_id = parse_id(request.resolver_match.kwargs["object_id"] if request.resolver_match else "") or 0
        return model.objects.in_bucket(ids.bucket_of(photo_id)).order_by(*self.order)  # type: ignore[no-any-return]

    order: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        """Only workers make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        """Nobody changes them."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        """Whoever may see the photo's page may see them."""
        return True


class RenditionInline(WrittenByWorkers, RenditionTable):
    """The files made from a photo."""

    model = Rendition
    fields = ("name", "format", "width", "height", "bytes", "stamp", "key")
    order = ("stamp", "width", "format")


class AttemptInline(WrittenByWorkers, AttemptTable):
    """Every try at a photo."""

    model = Attempt
    fields = ("number", "stage", "outcome", "pod", "started_at", "ended_at", "cpu_seconds", "error")
    order = ("number",)


@admin.register(Photo)
class PhotoAdmin(OnShards, PhotoModelAdmin):
    """All shards, newest first, or one of them; an id or a person's name in the search box finds across shards."""

    list_display = ("pid", "preview", "owner", "filename", "visibility", "state", "created_at")
    list_filter = (ShardFilter, "state", "visibility")
    search_fields = ("filename",)
    search_help_text = "A photo's id (as in its address, or the number), @username, or part of a file name."
    ordering = ("-id",)
    show_full_result_count = False
    change_list_template = "admin/photos/all_shards.html"
    model: type[Photo]
    inlines = [AttemptInline, RenditionInline]
    actions = ["render_again"]
    fields = (
        "preview_large", "pid", "id", "owner", "bucket", "filename", "caption", "visibility", "state", "stage",
        "state_at", "attempts", "edits", "failure_code", "failure", "width", "height", "original_format",
        "original_bytes", "sha256", "original_key", "recipe_version", "facts", "created_at",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Photo | None = None) -> list[str]:
        """Return everything but the caption: the rest is the pipeline's to write."""
        return [name for name in self.fields if name != "caption"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Photo]:
        """Return the asked-for shard, or the shard of what is searched for."""
        found = found_by(request.GET.get("q", ""))
        if found is not None:
            return found
        shard = shard_of(request)
        # Without a shard the list itself asks each of them.
        return Photo.objects.on(shard).order_by("-pk") if shard else Photo.objects.order_by("-pk")

    def save_model(self, request: HttpRequest, obj: Photo, form: Any, change: bool) -> None:
        """Write the caption with the tags that are in it."""
        captions.describe(obj, caption=obj.caption)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Photo], search_term: str
    ) -> tuple[QuerySet[Photo], bool]:
        """Return what was found by id or person as it is; search file names otherwise."""
        if found_by(search_term) is not None:
            return queryset, False
        return super().get_search_results(request, queryset, search_term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Photos come by upload only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        """Deleting a row would leave its bytes behind."""
        return False

    @admin.display(description="photo")
    def preview(self, photo: Photo) -> str:
        """Return a small picture, or the colour that stands for it."""
        return picture(photo, height=56)

    @admin.display(description="photo")
    def preview_large(self, photo: Photo) -> str:
        """Return a picture to look at."""
        return picture(photo, height=320)

    @admin.display
    def owner(self, photo: Photo) -> str:
        """Return a link to whose it is."""
        return person_link(photo.owner_id)

    @admin.display
    def bucket(self, photo: Photo) -> str:
        """Return the bucket and the connection it was read by."""
        return f"{photo.shard_bucket()} on {photo._state.db}"

    @admin.action(description="Try the failed ones among the selected photos again", permissions=["change"])
    def render_again(self, request: HttpRequest, queryset: QuerySet[Photo]) -> None:
        """Send failed photos through the pipeline once more."""
        chosen = [int(photo_id) for photo_id in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        found = [Photo.objects.locate(photo_id).filter(state=State.FAILED).first() for photo_id in chosen]
        count = sum(upload.retry(photo) for photo in found if photo is not None)
        self.message_user(request, f"{count} photos are being tried again.", messages.SUCCESS)


def found_by(term: str) -> QuerySet[Photo] | None:
    """Return the photos of an `@username` or with an id; None when the term is neither."""
    if term.startswith("@"):
        person = User.objects.filter(username=term[1:].lower()).first()
        return Photo.objects.of(person.pk if person else 0).order_by("-pk")
    photo_id = parse_id(term)
    return None if photo_id is None else Photo.objects.locate(photo_id)
