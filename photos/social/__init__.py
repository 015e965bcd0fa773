"""Likes, comments, favourites, notifications, and which of many photos a viewer may see."""
