"""Write again what the documents show of the embedded model, after it has changed.

    .venv/bin/python tests/golden/refresh.py

Starts the server, and puts its answers to the README's requests into README.md and into
service/web/answers/examples.json, and the settings into the README's table.
"""

import json
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from servers import Server, running_server  # noqa: E402
from test_docs import ANSWER, request_of  # noqa: E402

from service.ops.settings import ENV_PREFIX, Settings  # noqa: E402

README = ROOT / "README.md"
EXAMPLES = ROOT / "service/web/answers/examples.json"
SETTINGS_TABLE = re.compile(r"(\| variable \| default \| meaning \|\n\|---\|---\|---\|\n)(\|.*\n)*")


def main() -> None:
    """Refresh both files."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder) / "s") as server:
        readme = refresh_answers(README.read_text(encoding="utf-8"), server)
    rows = "".join(
        f"| `{ENV_PREFIX}{name.upper()}` | `{field.default}` | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )
    README.write_text(SETTINGS_TABLE.sub(rf"\g<1>{rows}", readme), encoding="utf-8")


def refresh_answers(readme: str, server: Server) -> str:
    """The README with new answers; the same go into the API's examples."""
    examples = {}
    for command, shown in ANSWER.findall(readme):
        answer = request_of(command, server, ROOT)
        examples[command[command.rindex("/") :]] = answer
        readme = readme.replace(f"$ {command}\n{shown}", f"$ {command}\n{readable(answer)}\n")
    EXAMPLES.write_text(json.dumps(examples, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return readme


def readable(answer: dict[str, object]) -> str:
    """JSON with one line a field, and one line a word."""
    lines = []
    for key, value in answer.items():
        if key == "words" and isinstance(value, list):
            words = ",\n".join("  " + json.dumps(word, ensure_ascii=False) for word in value)
            lines.append(f' "words": [\n{words}\n ]')
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}"


if __name__ == "__main__":
    main()
