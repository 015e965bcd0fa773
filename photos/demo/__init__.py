"""The demo site of `manage.py demo`: invented members, and photos that are drawn by code."""
