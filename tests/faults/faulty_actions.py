"""The real actions, of which each does as a file says for that conversation: raise or hang."""

import asyncio
import importlib
import json
import os
import pkgutil
from pathlib import Path

from rasa_sdk.executor import ActionExecutor

import actions

for module in pkgutil.iter_modules(actions.__path__):
    importlib.import_module(f"actions.{module.name}")
run = ActionExecutor.run


def order_for(sender):
    return json.loads(Path(os.environ["FAULT_FILE"]).read_text()).get(sender)


async def as_told(executor, action_call):
    order = order_for(action_call["sender_id"])
    if order == "raise":
        raise ValueError("an action that fails")
    if order == "hang":
        await asyncio.sleep(3600)
    return await run(executor, action_call)


ActionExecutor.run = as_told
