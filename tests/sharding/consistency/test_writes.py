"""Which statements count as writes, without a database."""

import pytest

from sharding.consistency.writes import is_write


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "  select * from photo for update",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH newest AS (SELECT 1) SELECT * FROM newest",
        'SAVEPOINT "s1"',
        "RELEASE SAVEPOINT x",
        "SET lock_timeout = '5s'",
        "EXPLAIN SELECT 1",
        "FETCH FORWARD 100 FROM c",
    ],
)
def test_reading_is_not_writing(sql: str) -> None:
    assert not is_write(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO photo VALUES (1)",
        "\n update photo SET x = 1",
        "DELETE FROM photo",
        "WITH gone AS (DELETE FROM photo RETURNING id) SELECT * FROM gone",
        "MERGE INTO photo USING x ON true WHEN MATCHED THEN DELETE",
        "CREATE TABLE x ()",
        "TRUNCATE photo",
        "CALL tidy()",
        "DO $$ BEGIN END $$",
        "/* hidden */ INSERT INTO photo VALUES (1)",
        "",
        object(),
    ],
)
def test_what_may_change_rows_is_writing(sql: object) -> None:
    assert is_write(sql)
