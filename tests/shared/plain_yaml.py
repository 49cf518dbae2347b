"""YAML of others as it stands: `${NAME}` in it is for them, and no variable of ours.

Importing Rasa teaches every loader in the process to fill such names in from the environment.
"""

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor


class _AsItStands(SafeConstructor):
    pass


_AsItStands.add_constructor("!env_var", SafeConstructor.construct_yaml_str)


def load_all(text):
    """The documents in a text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _AsItStands
    return [found for found in yaml.load_all(text) if found]
