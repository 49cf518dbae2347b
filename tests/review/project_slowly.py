"""A process to kill: `python project_slowly.py ADDRESS` projects until there is nothing left."""

import sys

from bot.database import Database
from bot.review import projection

database = Database(sys.argv[1])
print("projecting", flush=True)
projection.catch_up(database, 500)
database.close()
