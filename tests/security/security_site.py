"""The whole web process on a real port, with everything on that can be attacked."""

import contextlib

from meta import ENVIRONMENT
from served import served, settings_in

from bot.web import application


@contextlib.contextmanager
def serving(database, folder, **environment):
    """The running web process with these settings besides those of the tests."""
    more = {
        "SECURITY_CONTACT": "mailto:veilig@voorbeeldstad.example",
        **ENVIRONMENT,
        **environment,
    }
    settings = settings_in(folder, database.url, **more)
    with served(application(settings, database)) as site:
        yield site
