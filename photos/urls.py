"""Addresses of photos."""

from django.urls import path

from photos.views import api, edit, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("upload/", pages.upload, name="upload"),
    path("tiles/", pages.tiles, name="tiles"),
    path("me/", pages.own_profile, name="own-profile"),
    path("p/<str:pid>/", pages.photo, name="photo"),
    path("@<str:username>/", pages.profile, name="profile"),
    path("api/uploads/", api.begin, name="upload-begin"),
    path("api/uploads/finish/", api.finish, name="upload-finish"),
    path("api/uploads/parts/", api.renew_parts, name="upload-parts"),
    path("p/<str:pid>/delete/", edit.delete, name="photo-delete"),
    path("p/<str:pid>/edit/", edit.edit, name="photo-edit"),
]
