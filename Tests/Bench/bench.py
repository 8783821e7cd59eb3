#!/usr/bin/env python3
"""Measures the built services against their budget, side by side with rivals and floors, in one run.

usage: bench.py [--list] [--all] [CASE ...]

A case is one file in cases/: its docstring's first line says what it measures, `LONG = True` keeps it out of the
default set, and `measure(stage, report)` starts what it needs on the stage and adds rows to the report.
The exit code is 1 if a budget was missed or a case failed.
"""
import argparse
import importlib
import json
import pathlib
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from report import Report  # noqa: E402
from stage import ROOT, Stage, describe_machine, require_binaries  # noqa: E402

CASES = [path.stem for path in sorted((pathlib.Path(__file__).parent / "cases").glob("[a-z]*.py"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--list", action="store_true", help="name the cases and what they measure")
    parser.add_argument("--all", action="store_true", help="the long cases too")
    arguments = parser.parse_args()
    if unknown := set(arguments.cases) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    modules = {name: importlib.import_module(f"cases.{name}") for name in arguments.cases or CASES}
    if arguments.list:
        for name, module in modules.items():
            print(f"  {name:18}{module.__doc__.splitlines()[0]}{' (long)' if is_long(module) else ''}")
        return 0
    require_binaries()
    report = Report(describe_machine())
    print(report.machine)
    for name, module in modules.items():
        if is_long(module) and not (arguments.cases or arguments.all):
            print(f"\n{name}: left out, it takes minutes; `make bench ONLY={name}` runs it")
            continue
        print(f"\n{name}: {module.__doc__.splitlines()[0]}", flush=True)
        start = time.monotonic()
        try:
            with Stage() as stage:
                module.measure(stage, report.section(name))
        except KeyboardInterrupt:
            return 130
        except Exception as error:
            traceback.print_exc(limit=-2)
            report.failed(name, error)
        print(f"  ({time.monotonic() - start:.0f} s)", flush=True)
    print()
    print(report.table())
    folder = ROOT / ".build/bench"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / time.strftime("%Y%m%d-%H%M%S.json")
    file.write_text(json.dumps(report.as_json(), indent=1))
    print(f"\nKept in {file.relative_to(ROOT)}")
    return 0 if report.passed() else 1


def is_long(module):
    return getattr(module, "LONG", False)


if __name__ == "__main__":
    sys.exit(main())
