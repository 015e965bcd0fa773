"""Each shard's own record of its buckets, by which it refuses writes for others; moves as rows in the directory.

On a shard:
    tessera_bucket      what this shard is to a bucket. No row: it never had it.
    tessera_guard       raises unless the bucket may be written to here, and holds off its mover until the transaction ends
    tessera_fence       the same as a trigger on each sharded table (see `sharding.rows.ownership`)
    tessera_away        buckets with rows here that are not to be shown: on their way in, or left behind

SH001: the bucket is another shard's (its name in the detail). SH002: it is about to move, try again soon.
SH003: a row never changes its bucket."""

import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE TABLE tessera_bucket (
    number int PRIMARY KEY CHECK (number BETWEEN 0 AND 8191),
    state text NOT NULL CHECK (state IN ('owned', 'fenced', 'incoming', 'ready', 'moved', 'gone')),
    move_id bigint,
    epoch bigint NOT NULL DEFAULT 0,
    moved_to text,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

CREATE TABLE tessera_move_marker (move_id bigint PRIMARY KEY, seq bigint NOT NULL);

CREATE VIEW tessera_away AS
    SELECT number FROM tessera_bucket
     WHERE state IN ('incoming', 'ready')
        OR (state = 'moved' AND changed_at < clock_timestamp() - interval '2 seconds');

CREATE FUNCTION tessera_guard(wanted int) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    found_state text;
    found_shard text;
BEGIN
    -- Waits while a mover holds the bucket, and keeps the next one waiting until this transaction has ended.
    PERFORM pg_advisory_xact_lock_shared(32341, wanted);
    IF current_setting('transaction_isolation') = 'read committed' THEN
        SELECT state, moved_to INTO found_state, found_shard FROM tessera_bucket WHERE number = wanted;
    ELSE
        -- The snapshot may be older than the fence: a row lock notices that the row has changed since.
        SELECT state, moved_to INTO found_state, found_shard FROM tessera_bucket WHERE number = wanted FOR SHARE;
    END IF;
    IF found_state = 'owned' THEN
        RETURN;
    END IF;
    IF found_state IN ('fenced', 'ready') THEN
        RAISE EXCEPTION 'bucket % is moving', wanted USING ERRCODE = 'SH002';
    END IF;
    RAISE EXCEPTION 'bucket % is not of this shard', wanted USING ERRCODE = 'SH001', DETAIL = coalesce(found_shard, '');
END
$$;

CREATE FUNCTION tessera_fence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    id bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
BEGIN
    IF TG_OP = 'UPDATE' AND ((OLD.id >> 10) & 8191) <> ((NEW.id >> 10) & 8191) THEN
        RAISE EXCEPTION 'a row never changes its bucket' USING ERRCODE = 'SH003';
    END IF;
    -- A mover deletes what is not this shard's yet, or not any more.
    IF coalesce(current_setting('tessera.moving', true), '') <> 'on' THEN
        PERFORM tessera_guard(((id >> 10) & 8191)::int);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
"""

DROP = """
DROP FUNCTION tessera_fence() CASCADE;
DROP FUNCTION tessera_guard(int);
DROP VIEW tessera_away;
DROP TABLE tessera_move_marker;
DROP TABLE tessera_bucket;
"""


class Migration(migrations.Migration):
    dependencies = [("sharding", "0002_next_id_on_shards")]

    operations = [
        migrations.RunSQL(CREATE, DROP, hints={"sharded": True}),
        migrations.AddField("bucket", "min_lsn", models.BigIntegerField(default=0)),
        migrations.CreateModel(
            name="Move",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, serialize=False, auto_created=True, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=63)),
                ("target", models.CharField(max_length=63)),
                ("buckets", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("prepared", "Prepared"),
                            ("copying", "Copying"),
                            ("copied", "Catching up"),
                            ("switching", "Switching"),
                            ("switched", "Switched"),
                            ("detached", "Cleaning up"),
                            ("done", "Done"),
                            ("aborting", "Aborting"),
                            ("aborted", "Aborted"),
                        ],
                        default="planned",
                        max_length=12,
                    ),
                ),
                ("epoch", models.PositiveIntegerField(default=0)),
                ("asked_by", models.CharField(blank=True, max_length=100)),
                ("problem", models.TextField(blank=True)),
                ("progress", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="MoveEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, serialize=False, auto_created=True, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("what", models.CharField(max_length=40)),
                ("note", models.JSONField(default=dict)),
                (
                    "move",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="sharding.move"
                    ),
                ),
            ],
            options={"ordering": ["pk"]},
        ),
    ]
