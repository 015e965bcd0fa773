"""The router: which databases models, relations and tables belong to."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from sharding.consistency import causal
from sharding.consistency.routers import ShardRouter
from sharding.models import Bucket, OutboxEvent
from sharding.rows.placement import Unrouted, is_replica, is_sharded, primary_of
from tests.sharding.tree_model import Plant

router = ShardRouter()
ALIASES = sorted(settings.DATABASES)


def _homes(app_label: str, model_name: str | None = None, **hints: object) -> list[str]:
    return [alias for alias in ALIASES if router.allow_migrate(alias, app_label, model_name, **hints)]


def test_one_app_may_have_models_in_both_places() -> None:
    assert _homes("sharding", "bucket") == ["default"]
    assert _homes("sharding", "outboxevent") == ["shard0", "shard1"]


def test_djangos_own_models_live_in_the_directory() -> None:
    for label, name in (("auth", "permission"), ("sessions", "session"), ("contenttypes", "contenttype")):
        assert _homes(label, name) == ["default"]


def test_sql_and_code_without_a_model_say_where_they_belong() -> None:
    assert _homes("photos") == ["default"]
    assert _homes("photos", sharded=True) == ["shard0", "shard1"]


def test_no_table_is_made_where_we_were_not_told_to() -> None:
    assert not router.allow_migrate("warehouse", "photos", "photo")


def test_a_historical_model_knows_that_it_is_sharded_also_when_it_is_gone() -> None:
    state = ProjectState()
    model_state = ModelState.from_model(OutboxEvent)
    model_state.name = "Forgotten"
    state.add_model(model_state)
    historical = state.apps.get_model("sharding", "Forgotten")
    assert is_sharded(historical)
    assert _homes("sharding", "forgotten", model=historical) == ["shard0", "shard1"]


def test_a_historical_directory_model_that_is_gone_stays_in_the_directory() -> None:
    state = ProjectState()
    model_state = ModelState.from_model(Bucket)
    model_state.name = "Forgotten"
    state.add_model(model_state)
    assert _homes("sharding", "forgotten", model=state.apps.get_model("sharding", "Forgotten")) == ["default"]


def test_every_model_lives_in_exactly_one_place() -> None:
    for model in apps.get_models(include_auto_created=True):
        homes = _homes(model._meta.app_label, model._meta.model_name, model=model)
        assert homes == (settings.SHARDS if is_sharded(model) else ["default"])


@pytest.mark.django_db(databases="__all__")
def test_all_shards_have_equal_tables() -> None:
    def schema(alias: str) -> list[tuple[object, ...]]:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT table_name, column_name, data_type, is_nullable, column_default"
                " FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'trees%%'"
                " ORDER BY 1, 2"
            )
            return list(cursor.fetchall())

    first, *others = settings.SHARDS
    assert all(schema(other) == schema(first) for other in others)
    tables = {row[0] for row in schema(first)} - {"tessera_bucket", "tessera_move_marker", "tessera_away"}
    assert tables == {"django_migrations"} | {m._meta.db_table for m in apps.get_models() if is_sharded(m)}


def test_replicas_belong_to_their_primaries() -> None:
    assert primary_of("shard0_r1") == primary_of("shard0") == "shard0"
    assert is_replica("default_r1")
    assert not is_replica("default")


@pytest.mark.django_db(databases="__all__")
def test_reads_and_writes_are_routed_by_bucket_shard_or_instance(ben: int) -> None:
    for hints in ({"bucket": ben % 8192}, {"shard": "shard1"}, {"instance": Plant(owner_id=ben)}):
        assert router.db_for_read(Plant, **hints) == router.db_for_write(Plant, **hints) == "shard1"


@pytest.mark.parametrize("hints", [{}, {"instance": Plant()}, {"instance": Bucket()}])
def test_a_hint_that_tells_nothing_is_no_route(hints: dict[str, object]) -> None:
    with pytest.raises(Unrouted):
        router.db_for_read(Plant, **hints)
    with pytest.raises(Unrouted):
        router.db_for_write(Plant, **hints)


def test_relations_stay_within_the_directory_or_a_bucket() -> None:
    user, session = get_user_model()(), Session()
    assert router.allow_relation(user, session)
    assert not router.allow_relation(user, Plant(owner_id=1))
    assert router.allow_relation(Plant(owner_id=1), Plant(owner_id=1 + 8192))
    assert not router.allow_relation(Plant(owner_id=1), Plant(owner_id=3))


@pytest.mark.usefixtures("lagging_replicas")
@pytest.mark.django_db(databases="__all__")
def test_sessions_and_sign_in_are_read_from_the_primary() -> None:
    with causal.session():
        assert router.db_for_read(Session) == "default"
        assert router.db_for_read(get_user_model()) == "default_r1"


def test_the_migrations_know_which_models_are_sharded() -> None:
    historical = MigrationLoader(None).project_state().apps
    for model in apps.get_models():
        label = model._meta.label
        assert is_sharded(historical.get_model(label)) == is_sharded(model), (
            f"{label}: bases of its CreateModel"
        )
