import pytest
from running import running


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The product; a test leaves all of its processes running."""
    with running(tmp_path_factory.mktemp("faults")) as site:
        yield site
