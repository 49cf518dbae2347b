"""What the code never does: the dangerous calls, found in the syntax itself."""

import ast
import re

import pytest

from bot.settings import ROOT

SOURCES = [
    path
    for folder in ("bot", "actions", "scripts")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "node_modules" not in path.parts
]
SCRIPTS = [
    path
    for folder in ("bot/widget/src", "bot/widget/demo", "bot/console/static")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in (".ts", ".tsx", ".js") and "node_modules" not in path.parts
]
TEMPLATES = sorted((ROOT / "bot" / "console").rglob("*.html"))
CALLS = {"eval", "exec", "compile", "__import__"}
MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "telnetlib", "ftplib"}
XML = ("xml.etree", "xml.dom", "xml.sax", "lxml")
UNSAFE_YAML = {"load", "load_all", "unsafe_load", "full_load", "UnsafeLoader", "FullLoader"}
UNSAFE_KEYWORDS = {"shell": True, "verify": False, "autoescape": False, "ssl": False}
UNSAFE_NAMES = {"_create_unverified_context", "CERT_NONE", "mktemp", "Markup"}
UNSAFE_OF_OS = {"system", "popen"}
# Every place where one of these is right, with the reason.
ALLOWED = {
    "bot/console/access.py: import Markup": "the picture of a QR code, that our library draws",
    "bot/console/html.py: import Markup": "the hidden field with the token; its value is escaped",
    "bot/gateway/own_data_page.py: import Markup": "our own style, and the bot's text as the chat"
    " shows it, cleaned",
    "bot/catalogue/exchange/sc_writer.py: import xml.sax.saxutils": "it writes and reads nothing",
    "bot/catalogue/exchange/sc_writer.py: import xml.sax.xmlreader": "it writes and reads nothing",
}
RAW_HTML = re.compile(r"\|\s*safe\b|autoescape\s+false")
# Statements about the database itself, which take no bound values; with constants of ours.
OF_THE_DATABASE = re.compile(r"PRAGMA |SET lock_timeout|VACUUM ")
INTO_THE_PAGE = re.compile(
    r"\.(innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML"
    r"|\beval\(|new Function|setHTMLUnsafe|localStorage|document\.cookie\s*="
)


def faults(source):
    """The dangerous things in a piece of Python, as `line: what`."""
    for node in ast.walk(ast.parse(source)):
        for what in _of(node):
            yield f"{node.lineno}: {what}"


def _of(node):
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in CALLS:
            yield node.func.id
        for keyword in node.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if keyword.arg in UNSAFE_KEYWORDS and value is UNSAFE_KEYWORDS[keyword.arg]:
                yield f"{keyword.arg}={value}"
    if isinstance(node, ast.Attribute):
        if node.attr in UNSAFE_NAMES:
            yield node.attr
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        if (owner == "yaml" and node.attr in UNSAFE_YAML) or (
            owner == "os" and node.attr in UNSAFE_OF_OS
        ):
            yield f"{owner}.{node.attr}"
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = getattr(node, "module", None) or ""
        for name in [module, *(alias.name for alias in node.names)]:
            if name in MODULES or name.startswith(XML) or name in UNSAFE_NAMES:
                yield f"import {name}"


def test_no_module_does_what_is_dangerous():
    assert len(SOURCES) > 150
    found = [
        f"{path.relative_to(ROOT)}:{fault}"
        for path in SOURCES
        for fault in faults(path.read_text(encoding="utf-8"))
    ]
    plain = {re.sub(r":\d+:", ":", fault): fault for fault in found}

    assert [fault for name, fault in plain.items() if name not in ALLOWED] == []
    assert [name for name in ALLOWED if name not in plain] == [], "what is gone is not excused"


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import yaml; yaml.load(text)",
        "import yaml; yaml.load(text, Loader=yaml.FullLoader)",
        "eval(text)",
        "exec(text)",
        "subprocess.run(text, shell=True)",
        "requests.get(url, verify=False)",
        "session.get(url, ssl=False)",
        "ssl._create_unverified_context()",
        "os.system(text)",
        "Environment(autoescape=False)",
        "from markupsafe import Markup",
        "import xml.etree.ElementTree",
    ],
)
def test_the_check_sees_what_is_dangerous(source):
    assert list(faults(source))


def test_the_check_leaves_alone_what_is_safe():
    assert not list(faults("import yaml; yaml.safe_load(text); run(['a'], shell=False)"))


def test_no_script_puts_text_into_the_page_as_markup():
    assert len(SCRIPTS) > 10
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in SCRIPTS
        for line in path.read_text(encoding="utf-8").splitlines()
        if INTO_THE_PAGE.search(line)
    ]

    assert found == []


def test_no_template_shows_what_is_not_escaped():
    assert len(TEMPLATES) > 20
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in TEMPLATES
        for line in path.read_text(encoding="utf-8").splitlines()
        if RAW_HTML.search(line)
    ]

    assert found == []


def test_no_sql_is_put_together_from_values():
    """Names of our own tables and columns may; what comes from outside is bound."""
    text = re.compile(r"""(?:sa\.)?text\(\s*f["']|\.execute\(\s*f["']|\.execute\([^)]*%\s*\(""")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in SOURCES
        if "migrations" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if text.search(line) and not OF_THE_DATABASE.search(line)
    ]

    assert found == []
