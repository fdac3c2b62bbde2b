"""ROBOT's report on the merged ontology, by our profile: `tests/robot/profile.txt`.

ROBOT takes a second label for a fault and looks for OBO's definitions only. So four of its rules
give way to the queries beside the profile, which ask for one in each language.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import REPOSITORY, left_out

FOLDER = REPOSITORY / "tests" / "robot"
PROFILE = FOLDER / "profile.txt"
JARS = REPOSITORY / ".venv" / "robot"
OFFLINE = ["-DsocksProxyHost=127.0.0.1", "-DsocksProxyPort=1"]  # where nobody listens
RULES = [line.split("\t")[1] for line in PROFILE.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def robot() -> list[str]:
    """The command that runs ROBOT, but for its arguments."""
    if not list(JARS.glob("robot-command-*.jar")):
        left_out("ROBOT: run `make .venv/.robot`, which needs Maven")
    java = shutil.which("java")
    if java is None:
        left_out("Java: install the Debian package default-jdk-headless")
    return [java, *OFFLINE, "-cp", f"{JARS}/*", "org.obolibrary.robot.CommandLineInterface"]


def report(robot: list[str], ontology: Path, out: Path) -> list[list[str]]:
    """Give level, rule, entity, property and value of each violation."""
    merge = ["merge", "--input", str(ontology)]
    options = ["--profile", str(PROFILE), "--fail-on", "none", "--output", str(out)]
    done = subprocess.run(
        [*robot, *merge, "report", *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=FOLDER,  # where the profile's own queries are
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split("\t") for line in out.read_text(encoding="utf-8").splitlines()[1:]]


def test_the_ontology_with_its_data_keeps_every_rule(robot: list[str], tmp_path: Path) -> None:
    root = REPOSITORY / "ontology" / "seisaku.ttl"
    assert report(robot, root, tmp_path / "report.tsv") == []


def test_every_rule_finds_its_fault(robot: list[str], tmp_path: Path) -> None:
    rows = report(robot, FOLDER / "broken.ttl", tmp_path / "report.tsv")
    found = {row[1] for row in rows if len(row) > 1}
    assert found == {rule.removesuffix(".rq") for rule in RULES}


def test_an_import_that_no_catalog_finds_is_not_fetched(robot: list[str], tmp_path: Path) -> None:
    lost = tmp_path / "lost.ttl"
    core = "https://w3id.org/seisaku/ont/core"
    owl = "http://www.w3.org/2002/07/owl#"
    lost.write_text(f"<urn:lost> a <{owl}Ontology> ; <{owl}imports> <{core}> .", encoding="utf-8")
    with pytest.raises(AssertionError, match=core):
        report(robot, lost, tmp_path / "report.tsv")


def test_every_query_beside_the_profile_is_in_it() -> None:
    queries = {f"file:{file.name}" for file in FOLDER.glob("*.rq")}
    assert queries == {rule for rule in RULES if rule.endswith(".rq")}
