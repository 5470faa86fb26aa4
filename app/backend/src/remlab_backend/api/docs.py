"""The API's own pages: Swagger UI, from this server alone, without any third party."""

from importlib.resources import files

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API of the laboratory</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"""
# A file of its own, so that a content security policy need not allow inline scripts.
_START = 'SwaggerUIBundle({url: "/api/openapi.json", dom_id: "#swagger-ui", deepLinking: true})\n'
_CACHE = {"Cache-Control": "public, max-age=86400"}
_TYPES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}


def docs_router() -> APIRouter:
    """Return the routes of /api/docs."""
    resources = files("fastapi_swagger") / "resources"
    contents = {name: (resources / name).read_bytes() for name in _TYPES}
    router = APIRouter(prefix="/api/docs", include_in_schema=False)

    @router.get("")
    async def docs() -> HTMLResponse:
        return HTMLResponse(_PAGE)

    @router.get("/start.js")
    async def start() -> Response:
        return Response(_START, media_type="text/javascript", headers=_CACHE)

    @router.get("/swagger-ui.css")
    async def style() -> Response:
        return Response(contents["swagger-ui.css"], media_type="text/css", headers=_CACHE)

    @router.get("/swagger-ui-bundle.js")
    async def script() -> Response:
        return Response(contents["swagger-ui-bundle.js"], media_type="text/javascript", headers=_CACHE)

    return router
