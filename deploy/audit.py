"""`make audit`: known vulnerabilities of everything that is pinned, by pip-audit.

Its database is on the network. Where it cannot be reached, that is said, in a line that a log can
be searched for, and is no failure: a build that fails for the network teaches people to pass over
it. A finding fails.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
FILES: Final = ("requirements.txt", "requirements-tracing.txt", "requirements-dev.txt")
LIMIT_SEC: Final = 300
NETWORK: Final = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "HTTPError", "ServiceError")
UNREACHABLE: Final = "NOT AUDITED: the database of vulnerabilities cannot be reached"


def main() -> int:
    """0: nothing is known, or nothing can be; 1: something is, or a package is not known at all."""
    program = Path(sys.executable).with_name("pip-audit")
    arguments = [part for name in FILES for part in ("-r", str(ROOT / name))]
    try:
        run = subprocess.run(
            [str(program), *arguments, "--disable-pip", "--no-deps", "-f", "json"],
            capture_output=True,
            text=True,
            timeout=LIMIT_SEC,
            check=False,
        )
        dependencies: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        sys.stdout.write(f"{UNREACHABLE} within {LIMIT_SEC} s.\n")
        return 0
    except ValueError:  # no JSON: it has given up
        if any(sign in run.stderr for sign in NETWORK):
            sys.stdout.write(f"{UNREACHABLE}.\n")
            return 0
        sys.stderr.write(run.stderr)
        return 1
    lines, status = judged(dependencies)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return status


def judged(dependencies: list[dict[str, Any]]) -> tuple[list[str], int]:
    """What is to be said of pip-audit's list, and the exit status.

    Behind a mirror of packages alone each of them is "not found", and pip-audit is content.
    """
    unknown = [item["name"] for item in dependencies if "skip_reason" in item]
    if len(unknown) == len(dependencies):
        return [f"{UNREACHABLE}: it knows none of {len(unknown)} packages."], 0
    found = list(_findings(dependencies))
    missing = [f"{name}: not in the database" for name in unknown]
    total = f"{len(dependencies)} packages, {len(found)} known vulnerabilities"
    return [*found, *missing, total], 1 if found or unknown else 0


def _findings(dependencies: list[dict[str, Any]]) -> Iterator[str]:
    for item in dependencies:
        for known in item.get("vulns", ()):
            fixed = ", ".join(known["fix_versions"]) or "no version yet"
            yield f"{item['name']} {item['version']}: {known['id']}, mended in {fixed}"


if __name__ == "__main__":
    sys.exit(main())
