"""A site full of believable people and photographs, drawn by ourselves: `manage.py demo`."""
