"""Our runner gives what Rasa's own gives."""

import pytest
from rasa.engine.exceptions import GraphComponentException, GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner

from bot.nlu.runner import InOrderRunner

ran = []


class Component(GraphComponent):
    @classmethod
    def create(cls, config, **_):
        made = cls()
        made.name = config["name"]
        return made

    def join(self, **given):
        """Its name, and what it got."""
        ran.append(self.name)
        return f"{self.name}({', '.join(f'{k}={v}' for k, v in sorted(given.items()))})"

    def pair(self, left, right):
        return self.join(left=left, right=right)

    def single(self, value):
        return self.join(value=value)

    def fail(self, value):
        raise RuntimeError(value)


def node(name, fn, is_target=False, **needs):
    return SchemaNode(
        needs=needs,
        uses=Component,
        fn=fn,
        constructor_name="create",
        config={"name": name},
        is_target=is_target,
    )


SCHEMA = GraphSchema(
    {
        "last": node("last", "pair", is_target=True, left="second", right="first"),
        "second": node("second", "pair", left="first", right="said"),
        "first": node("first", "single", value="said"),
        "other": node("other", "single", value="more"),
        "broken": node("broken", "fail", value="said"),
    }
)


def runner(kind):
    return kind.create(SCHEMA, None, ExecutionContext(SCHEMA))


def result(kind, inputs, targets):
    ran.clear()
    found = runner(kind).run(inputs, targets)
    return found, sorted(ran)


@pytest.mark.parametrize(
    "targets",
    [None, ["last", "other"], ["other", "last"], ["first"], ["second", "first"]],
)
def test_the_same_comes_out_and_each_component_runs_once(targets):
    inputs = {"said": "hallo", "more": 3}

    assert result(InOrderRunner, inputs, targets) == result(DaskGraphRunner, inputs, targets)


def test_a_second_question_gets_its_own_answer():
    ours = runner(InOrderRunner)

    assert ours.run({"said": "hallo"}, ["first"]) == {"first": "first(value=hallo)"}
    assert ours.run({"said": "dag"}, ["first"]) == {"first": "first(value=dag)"}


@pytest.mark.parametrize("kind", [DaskGraphRunner, InOrderRunner])
@pytest.mark.parametrize(
    ("inputs", "targets"),
    [
        ({"said": "hallo"}, ["broken"]),
        ({"said": "hallo"}, ["other"]),  # without its input
        ({}, ["last"]),
        (None, ["last"]),
    ],
)
def test_what_cannot_run_is_an_error(kind, inputs, targets):
    with pytest.raises((GraphRunError, GraphComponentException)):
        runner(kind).run(inputs, targets)


def test_an_input_cannot_have_the_name_of_a_component():
    with pytest.raises(GraphRunError, match="first"):
        runner(InOrderRunner).run({"first": "hallo"}, ["second"])
