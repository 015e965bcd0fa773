"""Tags beside the caption, words to search by, and an index of what everybody may see.

`photo_words` is immutable, as an index wants it: the configuration is named, and nothing else of the session matters."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

import photos.models.functions

CREATE = """
CREATE FUNCTION photo_words(caption text, filename text, facts jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector('simple'::regconfig, coalesce(caption, '')), 'A')
        || setweight(to_tsvector('simple'::regconfig,
               coalesce(facts ->> 'make', '') || ' ' || coalesce(facts ->> 'model', '') || ' '
               || coalesce(facts ->> 'lens', '')), 'B')
        || setweight(to_tsvector('simple'::regconfig,
               regexp_replace(coalesce(filename, ''), '[^[:alnum:]]+', ' ', 'g')), 'C')
$$;
"""

DROP = "DROP FUNCTION photo_words(text, text, jsonb);"

SHOWN_TO_ALL = (
    models.Q(("stage", ""), _negated=True)
    & models.Q(("state", "failed"), _negated=True)
    & models.Q(("visibility", "public"))
)


class Migration(migrations.Migration):
    dependencies = [("photos", "0004_social")]

    operations = [
        migrations.AddField(
            model_name="photo",
            name="tags",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=50),
                blank=True,
                db_default=[],
                default=list,
                help_text="Found in the caption.",
                size=None,
            ),
        ),
        migrations.RunSQL(CREATE, DROP, hints={"sharded": True}),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(fields=["-id"], name="photo_public", condition=SHOWN_TO_ALL),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="photo_tags"),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=django.contrib.postgres.indexes.GinIndex(
                photos.models.functions.PhotoWords(), name="photo_words"
            ),
        ),
    ]
