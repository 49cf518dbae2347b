"""What a log line holds, and what it cannot hold."""

import pytest
from operations_process import lines_of, output_of

CONTENT = "ik ben zwanger en blut"


def test_a_line_of_ours_says_when_how_bad_who_and_what():
    (line,) = lines_of("import logging; logging.getLogger('bot.x').warning('%d waiting', 3)")

    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "warning", "logger": "bot.x", "event": "3 waiting"}


def test_fields_and_the_request_stand_beside_what_happened():
    (line,) = lines_of(
        "import logging\n"
        "from bot.operations.logging import REQUEST\n"
        "REQUEST.set('ab12')\n"
        "logging.getLogger('bot.x').info('request', extra={'fields': {'status': 200}})"
    )

    assert (line["event"], line["status"], line["request"]) == ("request", 200, "ab12")


def test_text_for_people_holds_the_same_on_one_line():
    said = output_of(
        "import logging\n"
        "logging.getLogger('bot.x').info('request', extra={'fields': {'status': 200}})",
        form="text",
    )

    assert said.endswith(" INFO bot.x request status=200\n")


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("character", ["\n", "\r", "\x1b", "\x00", "\x85", "\u2028", "\u202e"])
def test_nobody_can_add_a_line_or_steer_a_terminal(form, character):
    said = output_of(
        f"import logging; logging.getLogger('bot.x').warning('%s', 'a' + {character!r} + 'b')",
        form=form,
    )

    assert character not in said.removesuffix("\n")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_exception_gives_its_types_and_places_but_no_message_and_no_variables(form):
    said = output_of(
        "import logging\n"
        "def inner(text):\n"
        "    raise KeyError(text)\n"
        "def outer(text):\n"
        "    try:\n"
        "        inner(text)\n"
        "    except KeyError as error:\n"
        "        raise ValueError(text) from error\n"
        "try:\n"
        f"    outer({CONTENT!r})\n"
        "except ValueError:\n"
        "    logging.getLogger('bot.x').exception('it failed')\n",
        form=form,
    )

    assert CONTENT not in said
    assert "builtins.ValueError at <string>:10 outer" in said
    assert "because of builtins.KeyError at <string>:5 inner < <string>:8 outer" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "call",
    [
        "log.error(f'failed on {content}')",
        "log.error('failed on %s', content)",
        "log.error(content)",
        "log.error('failed', extra={'fields': {'text': content}, 'text': content})",
        "log.error('failed', exc_info=ValueError(content))",
        "log.error('failed', stack_info=True)",
        "log.warning({'text': content})",
    ],
)
@pytest.mark.parametrize("name", ["rasa.core.processor", "sanic.error", "aiohttp.server", "bother"])
def test_others_cannot_log_content_however_they_try(name, call):
    (line,) = lines_of(
        "import logging\n"
        f"log = logging.getLogger({name!r})\n"
        "def work(content):\n"
        f"    {call}\n"
        f"work({CONTENT!r})\n"
    )

    assert CONTENT not in str(line)
    assert (line["logger"], line["at"]) == (name, "<string>:6 work")


def test_what_others_say_literally_is_kept():
    (line,) = lines_of(
        "import logging; logging.getLogger('rasa.core').error('No model for %s', 'somebody')"
    )

    assert line["event"] == "No model for %s"


def test_loggers_that_pass_nothing_on_are_kept_in_too():
    (line,) = lines_of(
        "import logging\n"
        "log = logging.getLogger('sanic.error')\n"
        "log.propagate = False\n"
        f"content = {CONTENT!r}\n"
        "log.error(f'went wrong: {content}')\n"
    )

    assert CONTENT not in str(line)


def test_a_handler_of_somebody_else_gets_nothing_either():
    said = output_of(
        "import logging, sys\n"
        "log = logging.getLogger('rasa')\n"
        "log.propagate = False\n"
        "log.addHandler(logging.StreamHandler(sys.stdout))\n"
        "try:\n"
        f"    raise ValueError({CONTENT!r})\n"
        "except ValueError as error:\n"
        "    log.exception(f'failed: {error}')\n"
    )

    assert CONTENT not in said
    assert "builtins.ValueError" in said


def test_warnings_and_dead_threads_and_lost_tasks_tell_no_content():
    said = output_of(
        "import asyncio, threading, warnings\n"
        f"content = {CONTENT!r}\n"
        "warnings.warn(content)\n"
        "def die():\n"
        "    raise ValueError(content)\n"
        "thread = threading.Thread(target=die); thread.start(); thread.join()\n"
        "async def lose():\n"
        "    async def task():\n"
        "        raise ValueError(content)\n"
        "    asyncio.create_task(task())\n"
        "    await asyncio.sleep(0)\n"
        "asyncio.run(lose())\n"
    )

    assert CONTENT not in said
    assert "UserWarning" in said
    assert "a thread died" in said
    assert "Task exception was never retrieved" in said or "asyncio" in said


def test_a_line_that_cannot_be_written_is_not_printed_with_its_content():
    said = output_of(f"import logging; logging.getLogger('bot.x').error('%d', {CONTENT!r})")

    assert CONTENT not in said
