"""Rasa's server without TensorFlow, which our pipeline does not use.

Rasa imports it, for a third of its memory and of its start, in three places that have nothing to do
with answering a message. Nothing is left out: TensorFlow comes in by itself, at its price, for a
component in config.yml that needs it.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

# Helpers of the components that learn with TensorFlow; `rasa.nlu.extractors.extractor`, which every
# component of ours builds on, imports it for a function that only those call.
TRAINING_HELPERS = "rasa.utils.train_utils"


def apply() -> None:
    """Call it before anything of Rasa or spaCy is imported.

    Raises:
        RuntimeError: it is called too late.
    """
    if TRAINING_HELPERS in sys.modules:
        raise RuntimeError(f"{TRAINING_HELPERS} was imported before")
    _import_thinc()
    _import_on_first_use(TRAINING_HELPERS)
    _load_no_training_graph()


def _import_thinc() -> None:
    """spaCy's thinc can work with arrays of TensorFlow and imports it wherever it is installed."""
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        import thinc.compat  # noqa: F401
    finally:
        del sys.modules["tensorflow"]


class _OnFirstUse(ModuleType):
    """A module that is imported when something asks for what is in it.

    `importlib.util.LazyLoader` does the same, but in Python 3.10 a mere `import` counts as use.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.__spec__ is None or self.__spec__.loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def _import_on_first_use(name: str) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(name)
    module = _OnFirstUse(name)
    module.__spec__ = spec
    package, _, short = name.rpartition(".")
    sys.modules[name] = module
    setattr(sys.modules[package], short, module)


def _load_no_training_graph() -> None:
    """A model also holds the steps that trained it; reading those imports all of their classes."""
    from rasa.engine.storage.storage import ModelMetadata

    read = ModelMetadata.from_dict

    def from_dict(serialized: dict[str, Any]) -> ModelMetadata:
        return read({**serialized, "train_schema": {"nodes": {}}})

    ModelMetadata.from_dict = from_dict  # type: ignore[method-assign,assignment]
