"""Runs schemathesis against a console of its own: as a tenant, then as an operator. Exit 1 if either finds anything.

Argument: the folder of the built products.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

from stage import Stage

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = "from schemathesis.cli import schemathesis; schemathesis()"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance," \
    "response_headers_conformance,negative_data_rejection,unsupported_method,ignored_auth"


def guarded_key(stage):
    """A key of the tenant whose id nobody hits by chance: the tool revokes keys, and would test nothing with its own gone."""
    sql = "alter sequence api_keys_id_seq restart with 6172839405"
    subprocess.run(["psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", sql, stage.environment["DATABASE_URL"]],
                   check=True)
    request = urllib.request.Request(
        stage.url + "/api/whatsapp/keys", b"", {"authorization": f"Bearer {stage.environment['TENANT_API_KEY']}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["key"]


def main():
    products = sys.argv[1]
    with Stage(str(ROOT), products) as stage:
        document = stage.url + "/api/openapi.json"
        keys = {"tenant": guarded_key(stage), "operators": stage.operator_key}
        failed = []
        environment = {**os.environ, **stage.environment, "SCHEMATHESIS_HOOKS": "api_hooks",
                       "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], str(ROOT / "Tests/Browser")])}
        for tag, key in keys.items():
            print(f"----- as {tag}", flush=True)
            # In a folder of its own: the tool keeps what it found in the current one.
            with tempfile.TemporaryDirectory() as folder:
                code = subprocess.run(
                    [sys.executable, "-c", TOOL, "run", document, "--include-tag", tag, "--header",
                     f"Authorization: Bearer {key}", "--checks", CHECKS, "--max-examples", "60", "--seed", "1",
                     "--generation-database", "none", "--no-color"], cwd=folder, env=environment).returncode
            if code:
                failed.append(tag)
    return 1 if failed else 0


sys.exit(main())
