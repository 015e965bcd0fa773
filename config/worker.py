"""What `dramatiq config.worker` loads: Django, and with it the actors, which each app loads in `AppConfig.ready`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import dramatiq  # noqa: E402 - django.setup() declares the broker

broker = dramatiq.get_broker()
