"""Addresses of photos."""

from django.urls import path

from photos.views import api, discover, edit, erase, own, pages, settings, social

urlpatterns = [
    path("", pages.home, name="home"),
    path("upload/", pages.upload, name="upload"),
    path("tiles/", pages.tiles, name="tiles"),
    path("explore/", discover.explore, name="explore"),
    path("tags/<str:tag>/", discover.tag, name="tag"),
    path("search/", discover.search, name="search"),
    path("me/", pages.own_profile, name="own-profile"),
    path("p/<str:pid>/", pages.photo, name="photo"),
    path("@<str:username>/", pages.profile, name="profile"),
    path("api/uploads/", api.begin, name="upload-begin"),
    path("api/uploads/finish/", api.finish, name="upload-finish"),
    path("api/uploads/parts/", api.renew_parts, name="upload-parts"),
    path("api/uploads/cancel/", api.cancel, name="upload-cancel"),
    path("settings/photos/", settings.photos, name="photo-settings"),
    path("p/<str:pid>/delete/", edit.delete, name="photo-delete"),
    path("p/<str:pid>/caption/", edit.caption, name="photo-caption"),
    path("p/<str:pid>/visibility/", edit.change_visibility, name="photo-visibility"),
    path("p/<str:pid>/edit/", edit.edit, name="photo-edit"),
    path("p/<str:pid>/like/", social.like, name="photo-like"),
    path("p/<str:pid>/comment/", social.comment, name="photo-comment"),
    path("p/<str:pid>/comments/", social.earlier, name="photo-comments"),
    path("p/<str:pid>/comments/<int:comment_id>/", social.edit_comment, name="photo-comment-edit"),
    path("p/<str:pid>/comments/<int:comment_id>/delete/", social.delete_comment, name="photo-comment-delete"),
    path("favourites/", own.favourites_page, name="favourites"),
    path("notifications/", own.notifications_page, name="notifications"),
    path("notifications/read/", own.read_notifications, name="notifications-read"),
    path("settings/erase/", erase.erase, name="erase"),
    path("erased/<str:reference>/", erase.receipt, name="erased"),
]
