"""deploy/kubernetes: what a cluster would get, by kustomize itself where that is installed."""

import re
import shutil
import subprocess

import pytest
from plain_yaml import load_all

from bot.settings import IN_FILES, ROOT, Settings

BASE = ROOT / "deploy" / "kubernetes" / "base"
OVERLAY = ROOT / "deploy" / "kubernetes" / "overlays" / "voorbeeld"


def of_base():
    listed = load_all((BASE / "kustomization.yaml").read_text())[0]["resources"]
    return [found for name in listed for found in load_all((BASE / name).read_text())]


OBJECTS = of_base()


def named(kind, name="startwijzer"):
    (found,) = [o for o in OBJECTS if (o["kind"], o["metadata"]["name"]) == (kind, name)]
    return found


PODS = {
    found["metadata"]["name"]: found["spec"]["template"]
    for found in OBJECTS
    if found["kind"] in ("Deployment", "Job")
}
CONTAINERS = [
    (f"{name}/{container['name']}", container)
    for name, pod in PODS.items()
    for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
]


def test_every_file_is_in_it():
    listed = set(load_all((BASE / "kustomization.yaml").read_text())[0]["resources"])

    assert listed | {"kustomization.yaml"} == {path.name for path in BASE.iterdir()}
    assert set(PODS) == {"startwijzer", "startwijzer-worker", "startwijzer-setup"}


@pytest.mark.parametrize("name", PODS)
def test_every_pod_keeps_to_the_restricted_standard(name):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/"""
    spec = PODS[name]["spec"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10001, "as in the Dockerfile"
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    kinds = {kind for volume in spec["volumes"] for kind in volume if kind != "name"}
    assert kinds <= {"secret", "persistentVolumeClaim", "emptyDir", "configMap"}


@pytest.mark.parametrize(("name", "container"), CONTAINERS)
def test_every_container_has_few_rights_and_limits(name, container):
    rights = container["securityContext"]

    assert rights["allowPrivilegeEscalation"] is False
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert set(container["resources"]["limits"]) == {"cpu", "memory"}
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert container["image"] == "startwijzer"


@pytest.mark.parametrize(("name", "container"), CONTAINERS)
def test_every_secret_comes_from_a_file(name, container):
    found = {entry["name"]: entry["value"] for entry in container["env"]}

    assert {setting.removesuffix("_FILE") for setting in found} <= set(IN_FILES)
    (place,) = [m["mountPath"] for m in container["volumeMounts"] if m["name"] == "secrets"]
    assert all(value.startswith(f"{place}/") for value in found.values())


def test_every_part_says_whether_it_lives_and_is_ready():
    for name, port in (("startwijzer", 8080), ("startwijzer-worker", 8090)):
        (container,) = PODS[name]["spec"]["containers"]
        (opened,) = container["ports"]
        assert opened["containerPort"] == port
        asked = {
            probe: container[probe]["httpGet"]["path"] for probe in container if "Probe" in probe
        }
        assert asked == {
            "startupProbe": "/health/live",
            "livenessProbe": "/health/live",
            "readinessProbe": "/health/ready",
        }
        assert all(container[probe]["httpGet"]["port"] == opened["name"] for probe in asked)


def test_what_selects_finds_something():
    labels = [pod["metadata"]["labels"] for pod in PODS.values()]
    for found in OBJECTS:
        selector = found["spec"].get("selector") if "spec" in found else None
        if selector:
            wanted = selector.get("matchLabels", selector)
            assert wanted in labels, found["metadata"]["name"]
    target = named("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert "replicas" not in named(target["kind"], target["name"])["spec"]
    assert named("HorizontalPodAutoscaler")["spec"]["minReplicas"] >= 2


def test_the_world_reaches_what_the_proxy_lets_through_and_no_more():
    (rule,) = named("Ingress")["spec"]["rules"]
    paths = {entry["path"] for entry in rule["http"]["paths"]}
    proxy = (ROOT / "deploy" / "nginx.conf").read_text()
    routed = set(re.findall(r"location (?:= |~ \^)?(\S+) \{", proxy))

    assert all(path in routed for path in paths), paths
    assert not {"/", "/health", "/metrics"} & paths


def test_the_product_takes_these_settings(tmp_path):
    generated = load_all((BASE / "kustomization.yaml").read_text())[0]["configMapGenerator"]
    env = dict(pair.split("=", 1) for pair in generated[0]["literals"])
    for name in ("secret-key", "rasa-token", "metrics-token"):
        (tmp_path / name).write_text("a" * 40)
    (tmp_path / "database-url").write_text("postgresql://bot:geheim@db/bot")
    (tmp_path / "redis-url").write_text("redis://:geheim@redis/0")
    (container,) = PODS["startwijzer"]["spec"]["containers"]
    for entry in container["env"]:
        env[entry["name"]] = entry["value"].replace("/run/secrets/startwijzer", str(tmp_path))
    settings = Settings.from_environment({**env, "VAR_DIR": str(tmp_path / "var")})

    assert settings.production
    assert settings.works_apart
    assert settings.redis_url


def test_the_example_of_a_gemeente_changes_what_is_there():
    """What kustomize refuses, or passes over in silence; without that program."""
    (example,) = load_all((OVERLAY / "kustomization.yaml").read_text())
    (base,) = load_all((BASE / "kustomization.yaml").read_text())

    assert [(OVERLAY / place).resolve() for place in example["resources"]] == [BASE]
    assert {image["name"] for image in example["images"]} == {c["image"] for _, c in CONTAINERS}
    assert [(made["name"], made["behavior"]) for made in example["configMapGenerator"]] == [
        (made["name"], "merge") for made in base["configMapGenerator"]
    ]
    for patch in example["patches"]:
        for change in load_all(patch["patch"])[0]:
            found = named(**patch["target"])
            for step in change["path"].strip("/").split("/"):
                found = found[int(step) if step.isdigit() else step]
            assert (change["op"], type(change["value"])) == ("replace", type(found))


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_makes_it():
    """The example of a gemeente, by the real program; it needs no cluster."""
    done = subprocess.run(
        ["kubectl", "kustomize", str(OVERLAY)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    made = load_all(done.stdout)
    assert len(made) == len(OBJECTS) + 1, "and the settings"
    images = set(re.findall(r"image: (\S+)", done.stdout))
    assert images == {"registry.example.nl/startwijzer:0.1.0"}
    (ingress,) = [found for found in made if found["kind"] == "Ingress"]
    assert ingress["spec"]["rules"][0]["host"] == "start.voorbeeldstad.example"
