"""What the inventory names is what an installation has."""

from __future__ import annotations

import json

import pytest
from sbom import SbomError, check, of_widget, only_locked


def component(name, version):
    return {"type": "library", "name": name, "version": version, "bom-ref": f"{name}=={version}"}


BOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {
        "component": {"type": "application", "name": "startwijzer", "bom-ref": "root"},
    },
    "components": [component("Jinja2", "3.1.6"), component("pytest", "9.2.0")],
    "dependencies": [
        {"ref": "root", "dependsOn": ["Jinja2==3.1.6", "pytest==9.2.0"]},
        {"ref": "Jinja2==3.1.6"},
        {"ref": "pytest==9.2.0"},
    ],
}


def test_tools_of_developers_are_left_out():
    bom = only_locked(BOM, {"jinja2": "3.1.6"})
    assert [item["name"] for item in bom["components"]] == ["Jinja2"]
    assert bom["dependencies"] == [
        {"ref": "root", "dependsOn": ["Jinja2==3.1.6"]},
        {"ref": "Jinja2==3.1.6", "dependsOn": []},
    ]
    check(json.dumps(bom))


@pytest.mark.parametrize("locked", [{"jinja2": "3.1.7"}, {"jinja2": "3.1.6", "aiohttp": "3.14.5"}])
def test_an_environment_that_differs_from_its_lock_gives_no_inventory(locked):
    with pytest.raises(SbomError):
        only_locked(BOM, locked)


def test_what_is_not_valid_is_refused():
    with pytest.raises(SbomError):
        check(json.dumps({**BOM, "components": [{"name": "without a type"}]}))


def test_the_widget_s_inventory_is_valid_and_without_tools():
    text = of_widget()
    check(text)
    names = {item["name"] for item in json.loads(text)["components"]}
    assert "preact" in names
    assert "typescript" not in names
