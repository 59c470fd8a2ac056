"""The examples for clusters have the form that their readers ask for. None of them was run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from voxmend.cli.app import app

FOLDER = Path(__file__).resolve().parents[2] / "installers" / "cluster"

JOB = {
    *("entrypoint", "shutdownAfterJobFinishes", "backoffLimit", "rayClusterSpec"),
    *("ttlSecondsAfterFinished", "activeDeadlineSeconds", "submissionMode", "suspend"),
}
CLUSTER = {"rayVersion", "authOptions", "headGroupSpec", "workerGroupSpecs"}
GROUP = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
"""Fields of ray.io/v1, by KubeRay's reference of its API."""


def job() -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / "ray-job.yaml").read_text("utf-8")))


def parsed(words: list[str]) -> None:
    """Parse a command of ours as it stands."""
    assert words[:2] == ["voxmend", "batch"]
    command = typer.main.get_command(app).commands["batch"]  # type: ignore[attr-defined]
    command.make_context("batch", words[2:])


def test_the_job_for_kuberay_has_fields_that_there_are() -> None:
    told = job()
    assert (told["apiVersion"], told["kind"]) == ("ray.io/v1", "RayJob")
    assert set(told["spec"]) <= JOB
    cluster = told["spec"]["rayClusterSpec"]
    assert set(cluster) <= CLUSTER
    assert cluster["authOptions"] == {"mode": "token"}
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for group in groups:
        assert set(group) <= GROUP
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        pod = group["template"]["spec"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            assert all(isinstance(each["value"], str) for each in container["env"])
            assert set(container["resources"]) == {"requests", "limits"}


def test_the_job_types_a_command_that_there_is() -> None:
    parsed(job()["spec"]["entrypoint"].split())


def test_the_script_for_slurm_is_shell_and_types_a_command_that_there_is() -> None:
    script = FOLDER / "batch.sbatch"
    subprocess.run(["sh", "-n", script], check=True)
    lines = script.read_text("utf-8").splitlines()
    options = [line for line in lines if line.startswith("#SBATCH ")]
    assert lines[1 : 1 + len(options)] == options  # Slurm reads none behind the first command
    assert all(line.startswith("#SBATCH --") for line in options)
    (ours,) = [line.strip() for line in lines if line.strip().startswith("voxmend batch")]
    parsed(ours.replace('"', "").split())
    whole = " ".join(lines)
    assert " ray symmetric-run " in whole
    assert " -- " in whole


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="no shellcheck")
def test_shellcheck_finds_nothing_in_the_script() -> None:
    subprocess.run(["shellcheck", FOLDER / "batch.sbatch"], check=True)
