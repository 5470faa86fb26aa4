"""Writes docs/settings.md from the files in which the settings live.

python docs/generate_settings.py            writes it
python docs/generate_settings.py --check    exit 1 when it is not what it would be
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs/settings.md"
SITE = ROOT / "roles/lab_services/defaults/main/site.yml"

INTRODUCTION = """# Settings

Written by `docs/generate_settings.py` from the files named here; change those, not this page.

## Of the whole site

Any inventory overrides these (`roles/lab_services/defaults/main/site.yml`). In `inventory/local.yml`:

```yaml
all:
  vars:
    lab_title: Control laboratory
    lab_http_port: 9000
    lab_public_url: http://localhost:9000
```

"""


def commented(path: Path) -> Iterator[tuple[str, str, Any]]:
    """Name, comment and default of each variable of a defaults file."""
    text = path.read_text(encoding="utf-8")
    values = yaml.safe_load(text) or {}
    comment: list[str] = []
    explained = ""
    for line in text.splitlines():
        if line.startswith("# "):
            comment.append(line[2:])
        elif not line.strip():
            comment = []
        elif line[0].isalpha() and line.split(":")[0] in values:
            # A variable right under another shares its comment.
            explained = " ".join(comment) or explained
            yield line.split(":")[0], explained, values[line.split(":")[0]]
            comment = []


def cell(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{len(value)} entries, see the file"
    text = yaml.safe_dump(value, default_flow_style=True, width=1000, allow_unicode=True).split("\n")[0]
    return f"`{text}`"


def table(rows: Iterator[tuple[str, str, Any]]) -> str:
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    lines += [f"| `{name}` | {cell(value)} | {comment.replace('|', '/')} |" for name, comment, value in rows]
    return "\n".join(lines) + "\n\n"


def services() -> Iterator[str]:
    yield "## Of each service\n\nOne file each in `roles/lab_services/defaults/main/`; "
    yield "an inventory may replace a whole one.\n\n"
    yield "| service | what it is | open ports | memory | holds data |\n|---|---|---|---|---|\n"
    for path in sorted(SITE.parent.glob("*.yml")):
        if path == SITE:
            continue
        spec = next(iter(yaml.safe_load(path.read_text(encoding="utf-8")).values()))
        ports = spec.get("ports", [])
        # Ports that depend on other settings are written as one expression.
        shown = ports if isinstance(ports, str) else ", ".join(str(port["published"]) for port in ports)
        listed = f"`{' '.join(shown.split())}`" if shown else "–"
        data = ", ".join(volume["name"] for volume in spec.get("volumes", [])) or "–"
        yield f"| {path.stem} | {spec['summary']} | {listed} | {spec['limits']['memory_mb']} MB | {data} |\n"
    yield "\n"


def roles() -> Iterator[str]:
    yield "## Of the roles\n\nFor those who use a role by itself; "
    yield "the playbooks set most of them from the site's settings.\n\n"
    for defaults in sorted((ROOT / "roles").glob("*/defaults/main.yml")):
        rows = list(commented(defaults))
        if rows:
            yield f"### {defaults.parts[-3]}\n\n{table(iter(rows))}"


def page() -> str:
    return (INTRODUCTION + table(commented(SITE)) + "".join(services()) + "".join(roles())).rstrip() + "\n"


def main() -> int:
    text = page()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print("docs/settings.md is not current; run: python docs/generate_settings.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
