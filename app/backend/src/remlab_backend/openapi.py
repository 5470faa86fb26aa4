"""`python3 -m remlab_backend.openapi`: print the API's description, for generated clients."""

import json
import sys

from remlab_backend.application import create_api


def document() -> str:
    """Return the OpenAPI document as JSON, the same for the same code."""
    return json.dumps(create_api().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
