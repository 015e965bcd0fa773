"""Addresses of people; sign-in and its neighbours are allauth's, under /accounts/."""

from django.urls import include, path

from accounts import views

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("people/", views.people, name="people"),
    path("@<str:username>/follow/", views.follow, name="follow"),
    path("@<str:username>/avoid/", views.avoid, name="avoid"),
    path("settings/language/", views.language, name="language"),
    path("settings/people/", views.avoided, name="avoided"),
]
