"""Photos in the admin: the staff finds them by id or by person, looks at them, and renders them again."""

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
    """A read-only table of rows that workers write, read from the shard of the photo whose page it is on."""

    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of the photo's bucket; the inline's form filters them by the photo."""
        model: Any = self.model  # type: ignore[attr-defined]  # of the inline that this is mixed into
        photo_id = parse_id(request.resolver_match.kwargs["object_id"] if request.resolver_match else "") or 0
        return model.objects.in_bucket(ids.bucket_of(photo_id)).order_by(*self.order)  # type: ignore[no-any-return]  # the model is any of several

    order: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        """Return False: only workers create these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        """Return False: only workers change these rows."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        """Return True: staff who may see the photo's page may see these rows."""
        return True


class RenditionInline(WrittenByWorkers, RenditionTable):
    """The files made from a photo."""

    model = Rendition
    fields = ("name", "format", "width", "height", "bytes", "stamp", "key")
    order = ("stamp", "width", "format")


class AttemptInline(WrittenByWorkers, AttemptTable):
    """All attempts to render a photo."""

    model = Attempt
    fields = ("number", "stage", "outcome", "pod", "started_at", "ended_at", "cpu_seconds", "error")
    order = ("number",)


@admin.register(Photo)
class PhotoAdmin(OnShards, PhotoModelAdmin):
    """The photos of all shards or of one, newest first. Searching for an id or a person asks the right shard."""

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
        """Return all fields but the caption: only the pipeline writes them."""
        return [name for name in self.fields if name != "caption"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Photo]:
        """Return the photos that the search names, or those of the chosen shard."""
        photos = find_photos(request.GET.get("q", ""))
        if photos is not None:
            return photos
        shard = shard_of(request)
        # Without a shard the list itself asks each shard.
        return Photo.objects.on(shard).order_by("-pk") if shard else Photo.objects.order_by("-pk")

    def save_model(self, request: HttpRequest, obj: Photo, form: Any, change: bool) -> None:
        """Save the caption and the tags that are in it."""
        captions.describe(obj, caption=obj.caption)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Photo], search_term: str
    ) -> tuple[QuerySet[Photo], bool]:
        """Return the photos that the search names; search file names when it names neither an id nor a person."""
        if find_photos(search_term) is not None:
            return queryset, False
        return super().get_search_results(request, queryset, search_term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: photos come by upload only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        """Return False: deleting the row would leave the photo's files behind."""
        return False

    @admin.display(description="photo")
    def preview(self, photo: Photo) -> str:
        """Return a small picture, or the dominant colour while there is none."""
        return picture(photo, height=56)

    @admin.display(description="photo")
    def preview_large(self, photo: Photo) -> str:
        """Return a large picture."""
        return picture(photo, height=320)

    @admin.display
    def owner(self, photo: Photo) -> str:
        """Return a link to the owner."""
        return person_link(photo.owner_id)

    @admin.display
    def bucket(self, photo: Photo) -> str:
        """Return the bucket, and the alias of the connection that the photo was read by."""
        return f"{photo.shard_bucket()} on {photo._state.db}"

    @admin.action(description="Try the failed ones among the selected photos again", permissions=["change"])
    def render_again(self, request: HttpRequest, queryset: QuerySet[Photo]) -> None:
        """Send the failed ones among the selected photos through the pipeline once more."""
        photo_ids = [int(photo_id) for photo_id in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        failed = [Photo.objects.locate(photo_id).filter(state=State.FAILED).first() for photo_id in photo_ids]
        count = sum(upload.retry(photo) for photo in failed if photo is not None)
        self.message_user(request, f"{count} photos are being tried again.", messages.SUCCESS)


def find_photos(term: str) -> QuerySet[Photo] | None:
    """Return the photos of an `@username` or with an id; None when the term is neither."""
    if term.startswith("@"):
        person = User.objects.filter(username=term[1:].lower()).first()
        return Photo.objects.of(person.pk if person else 0).order_by("-pk")
    photo_id = parse_id(term)
    return None if photo_id is None else Photo.objects.locate(photo_id)
