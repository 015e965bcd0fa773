"""Look-alikes without reading the photos, and days to remember.

The functions are immutable, as an index wants them, and call none of ours, since an index is made with nothing in sight
but PostgreSQL's own. The camera's time is text as Python's isoformat writes it; what is not that counts as unknown."""

from django.db import migrations, models

import photos.models.functions

CREATE = """
CREATE FUNCTION photo_taken_on(facts jsonb, created_at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN facts ->> 'taken_at' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T'
        THEN make_date(substr(facts ->> 'taken_at', 1, 4)::int, substr(facts ->> 'taken_at', 6, 2)::int,
                       substr(facts ->> 'taken_at', 9, 2)::int)
        ELSE (created_at AT TIME ZONE 'UTC')::date END
$$;
CREATE FUNCTION photo_day(facts jsonb, created_at timestamptz) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN facts ->> 'taken_at' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T'
        THEN substr(facts ->> 'taken_at', 6, 2)::int * 100 + substr(facts ->> 'taken_at', 9, 2)::int
        ELSE (extract(month FROM created_at AT TIME ZONE 'UTC') * 100
            + extract(day FROM created_at AT TIME ZONE 'UTC'))::int END
$$;
"""

DROP = """
DROP FUNCTION photo_day(jsonb, timestamptz);
DROP FUNCTION photo_taken_on(jsonb, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0014_digest"),
    ]

    operations = [
        migrations.RunSQL(CREATE, DROP, hints={"sharded": True}),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                condition=models.Q(
                    models.Q(("stage", ""), _negated=True),
                    models.Q(("state", "failed"), _negated=True),
                    ("trashed_at__isnull", True),
                    ("perceptual_hash__isnull", False),
                ),
                fields=["owner_id"],
                include=("id", "perceptual_hash"),
                name="photo_likeness",
            ),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                models.F("owner_id"),
                photos.models.functions.PhotoDay(),
                condition=models.Q(
                    models.Q(("stage", ""), _negated=True),
                    models.Q(("state", "failed"), _negated=True),
                    ("trashed_at__isnull", True),
                ),
                name="photo_day_of_owner",
            ),
        ),
    ]
