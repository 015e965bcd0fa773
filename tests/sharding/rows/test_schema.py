"""Schema comparison: every kind of difference between shards is reported."""

import pytest
from django.db import connections

from sharding.rows import schema

pytestmark = pytest.mark.django_db(databases="__all__")


TRIGGER = (
    "CREATE TRIGGER t BEFORE UPDATE ON photos_photo FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
)


def _change(sql: str, alias: str = "shard1") -> list[str]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)
    return schema.differences()


def test_all_shards_have_equal_schemas() -> None:
    assert schema.differences() == []


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("CREATE TABLE extra (id int)", "shard1 has column extra.id, which shard0 lacks"),
        ("ALTER TABLE photos_photo DROP COLUMN facts CASCADE", "shard1 lacks column photos_photo.facts"),
        ("ALTER TABLE photos_photo ALTER filename TYPE varchar(141)", "column photos_photo.filename as"),
        ("ALTER TABLE photos_photo ALTER filename SET DEFAULT 'x'", "column photos_photo.filename as"),
        ("ALTER TABLE photos_photo ALTER filename DROP NOT NULL", "column photos_photo.filename as"),
        ("DROP INDEX photo_by_owner", "shard1 lacks index photo_by_owner"),
        (
            "DROP INDEX photo_by_owner; CREATE INDEX photo_by_owner ON photos_photo (owner_id)",
            "shard1 has index photo_by_owner as",
        ),
        (
            "ALTER TABLE photos_photo DROP CONSTRAINT photo_once_per_owner",
            "shard1 lacks constraint photos_photo.photo_once_per_owner",
        ),
        (
            "ALTER TABLE photos_photo ADD CONSTRAINT late CHECK (attempts >= 0) NOT VALID",
            "shard1 has constraint photos_photo.late",
        ),
        ("CREATE FUNCTION extra() RETURNS int LANGUAGE sql AS 'SELECT 1'", "shard1 has function extra()"),
        (
            "CREATE OR REPLACE FUNCTION tessera_next_id(bucket int) RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint'",
            "shard1 has function tessera_next_id(integer) as",
        ),
        (TRIGGER, "shard1 has trigger photos_photo.t"),
        ("ALTER SEQUENCE tessera_id_sequence INCREMENT 2", "shard1 has sequence tessera_id_sequence as"),
        ("CREATE TYPE mood AS ENUM ('sad', 'ok')", "shard1 has type mood"),
    ],
)
def test_a_difference_is_named(sql: str, named: str) -> None:
    assert any(named in line for line in _change(sql)), schema.differences()


def test_what_differs_by_nature_does_not_count() -> None:
    assert _change("SELECT nextval('tessera_id_sequence')") == []
    assert _change("ANALYZE photos_photo") == []


def test_a_disabled_trigger_is_a_difference() -> None:
    assert _change(TRIGGER, "shard0")
    assert _change(TRIGGER) == []
    assert _change("ALTER TABLE photos_photo DISABLE TRIGGER t") != []


def test_nothing_to_compare_is_equal() -> None:
    assert schema.differences([]) == schema.differences(["shard0"]) == []
