"""People in the admin."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import erasures
from accounts.models import Erasure, Follow, User

# Django's classes take type arguments for the type checker only.
if TYPE_CHECKING:
    FollowModelAdmin = admin.ModelAdmin[Follow]
    ErasureModelAdmin = admin.ModelAdmin[Erasure]
    PersonModelAdmin = DjangoUserAdmin[User]
else:
    FollowModelAdmin = ErasureModelAdmin = admin.ModelAdmin
    PersonModelAdmin = DjangoUserAdmin


@admin.register(User)
class UserAdmin(PersonModelAdmin):
    """Found by name, mail address or id.

    Their rows are never deleted here: one that is gone from the directory would leave its photos behind on a shard and
    in S3, where nobody could find them any more. People are deactivated, or erased with everything of theirs.
    """

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("name", "email", "bio")}),
        (
            "Permissions",
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
                "description": "Who is not active cannot sign in, and their pages are gone for everybody. "
                "Nobody is deleted here: their photos live on a shard and in S3, and would stay there. "
                "To erase somebody with everything of theirs, choose it in the list.",
            },
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    list_display = ("username", "name", "email", "is_active", "is_staff", "date_joined")
    search_fields = ("=id", "username", "name", "email")
    show_full_result_count = False
    actions = ("deactivate", "erase")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody deletes people here, see above."""
        return False

    @admin.action(description="Deactivate (sign out, hide their pages)", permissions=["change"])
    def deactivate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Keep people out and their pages away, all but whoever asks for it; undone by a tick on each person's page."""
        count = people.exclude(username=request.user.get_username()).update(is_active=False)
        self.message_user(request, f"Deactivated: {count}.", messages.SUCCESS)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Whoever may delete people may have them erased."""
        return isinstance(request.user, User) and request.user.has_perm("accounts.delete_user")

    @admin.action(description="Erase for good, with everything of theirs", permissions=["erase"])
    def erase(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
        """Ask back and for the reason, then have each of them erased; the staff is left out."""
        reason = request.POST.get("reason", "").strip()
        chosen = list(people.filter(is_staff=False, is_superuser=False))
        if not chosen:
            self.message_user(request, "Nobody: the staff loses its rights first.", messages.ERROR)
            return None
        if "is_confirmed" not in request.POST or not reason:
            context = {**self.admin_site.each_context(request), "people": chosen}
            return render(request, "admin/accounts/erase.html", context)
        for person in chosen:
            erasure = erasures.request(person.pk, staff_id=request.user.pk)
            self.log_change(request, person, f"Erasure {erasure.reference}: {reason}")
        self.message_user(request, f"Being erased: {len(chosen)}.", messages.SUCCESS)
        return None


@admin.register(Erasure)
class ErasureAdmin(ErasureModelAdmin):
    """Erasures and their receipts, to be looked at."""

    list_display = ("reference", "user_id", "staff_id", "requested_at", "finished_at")
    list_filter = (("finished_at", admin.EmptyFieldListFilter),)
    search_fields = ("=reference", "=user_id")
    ordering = ("-pk",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They are asked for in the list of people."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Erasure | None = None) -> bool:
        """Nobody changes a receipt."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Erasure | None = None) -> bool:
        """Nobody deletes one either."""
        return False


@admin.register(Follow)
class FollowAdmin(FollowModelAdmin):
    """Who follows whom."""

    list_display = ("follower", "followee", "created_at")
    list_select_related = ("follower", "followee")
    raw_id_fields = ("follower", "followee")
    search_fields = ("=follower__username", "=followee__username")
    show_full_result_count = False
