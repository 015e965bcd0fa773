"""Ids are made by the shard: milliseconds since 2026-01-01, bucket, sequence (see `sharding.rows.ids`).

`floor`, because a rounded-up millisecond would lie in the future; NULL, which no primary key accepts, for a
bucket that does not exist. The sequence is one per database and comes round after 1,024 ids."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE tessera_id_sequence AS bigint MINVALUE 0 START 0 CACHE 1;

CREATE FUNCTION tessera_next_id(bucket int) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN bucket BETWEEN 0 AND 8191 THEN
        ((floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - 1767225600000) << 23)
        | (bucket::bigint << 10)
        | (nextval('tessera_id_sequence') & 1023)
    END
$$;
"""

DROP = """
DROP FUNCTION tessera_next_id(int);
DROP SEQUENCE tessera_id_sequence;
"""


class Migration(migrations.Migration):
    dependencies = [("sharding", "0001_bucket_map_and_outbox")]

    operations = [migrations.RunSQL(CREATE, DROP, hints={"sharded": True})]
