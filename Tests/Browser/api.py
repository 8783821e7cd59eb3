"""Runs schemathesis against a console of its own: as a tenant, then as an operator. Exit 1 if either finds anything.

Argument: the folder of the built products.
"""
import pathlib
import subprocess
import sys
import tempfile

from stage import Stage

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = "from schemathesis.cli import schemathesis; schemathesis()"
# Wrong operator keys are counted and then nothing more is looked at, so that check would test the limit alone.
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance," \
    "response_headers_conformance,negative_data_rejection,unsupported_method"


def main():
    products = sys.argv[1]
    with Stage(str(ROOT), products) as stage:
        document = stage.url + "/api/openapi.json"
        keys = {"tenant": stage.environment["TENANT_API_KEY"], "operators": stage.operator_key}
        failed = []
        for tag, key in keys.items():
            print(f"----- as {tag}", flush=True)
            checks = CHECKS + (",ignored_auth" if tag == "tenant" else "")
            # In a folder of its own: the tool keeps what it found in the current one.
            with tempfile.TemporaryDirectory() as folder:
                code = subprocess.run(
                    [sys.executable, "-c", TOOL, "run", document, "--include-tag", tag, "--header",
                     f"Authorization: Bearer {key}", "--checks", checks, "--max-examples", "60", "--seed", "1",
                     "--generation-database", "none", "--no-color"], cwd=folder).returncode
            if code:
                failed.append(tag)
    return 1 if failed else 0


sys.exit(main())
