"""Tiers, groups and the amount of evidence: what every run of pytest decides before and while it collects.

Loaded with `-p tests.tiers`. `--nightly` runs the same tests with more examples: ten times as many of what is pure, and
of what happens in databases many random ones instead of a few that are always the same.
"""

import hypothesis
import pytest
from hypothesis import HealthCheck

# An example that writes to databases takes a tenth of a second, where others take a millisecond.
DATABASE_EXAMPLES = {"tests": 20, "nightly": 200}
SITES = ("topology", "own_topology")  # fixtures: a running site that the tests of several modules share

# Machines are noisy: a slow example is no failure.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.register_profile("nightly", deadline=None, max_examples=1000)


def database_examples() -> hypothesis.settings:
    """Return the settings of a property whose examples write to databases, for this run's amount of evidence."""
    profile = hypothesis.settings.get_current_profile_name()
    return hypothesis.settings(
        max_examples=DATABASE_EXAMPLES[profile],
        derandomize=profile != "nightly",
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--nightly`."""
    parser.addoption("--nightly", action="store_true", help="try many more examples of each property")


def pytest_configure(config: pytest.Config) -> None:
    """Load Hypothesis's profile before test modules are imported: their decorators read it."""
    hypothesis.settings.load_profile("nightly" if config.getoption("nightly") else "tests")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, and before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the topology tier and its groups."""
    for item in items:
        if "topology" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.topology)
        if item.get_closest_marker("topology"):
            item.add_marker(pytest.mark.xdist_group(_group_of(item)))


def _group_of(item: pytest.Item) -> str:
    """Return the name of what runs in one process: the tests of one shared site, or a module with sites of its own."""
    fixtures = getattr(item, "fixturenames", ())
    return next((name for name in SITES if name in fixtures), item.path.stem)
