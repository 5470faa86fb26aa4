"""Errors of the API: each knows its HTTP status, one handler turns them into JSON."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


class ApiError(Exception):
    """Base of the errors that a request may end with."""

    status = 500
    code = "internal_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def headers(self) -> Mapping[str, str]:
        """Further headers of the answer."""
        return {}


class UnknownDeviceError(ApiError):
    """The lab has no device with this id."""

    status = 404
    code = "unknown_device"

    def __init__(self, device: str) -> None:
        super().__init__(f"The lab has no device {device!r}.")


class EntryConflictError(ApiError):
    """A logbook entry with this uuid says something else."""

    status = 409
    code = "entry_conflict"


class InvalidRequestError(ApiError):
    """What was sent cannot be stored or understood."""

    status = 422
    code = "invalid_request"


class DatabaseAwayError(ApiError):
    """The database did not come back within the request's deadline."""

    status = 503
    code = "database_away"

    def __init__(self, *, retry_after_seconds: int = 2) -> None:
        super().__init__("The lab's database does not answer at the moment; please try again.")
        self._retry_after_seconds = retry_after_seconds

    @property
    def headers(self) -> Mapping[str, str]:
        """When to try again."""
        return {"Retry-After": str(self._retry_after_seconds)}


_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}


def error_response(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return an error in the API's one form."""
    body = {"error": {"code": code, "message": message}}
    return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})


def install_error_handlers(app: FastAPI) -> None:
    """Make every error of `app` a `Problem` (api.schemas)."""

    @app.exception_handler(ApiError)
    async def on_api_error(_: Request, error: ApiError) -> JSONResponse:
        return error_response(error.status, error.code, error.message, error.headers)

    @app.exception_handler(HTTPException)
    async def on_http_error(_: Request, error: HTTPException) -> JSONResponse:
        code = _CODES.get(error.status_code, "error")
        return error_response(error.status_code, code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
        )
        return error_response(422, InvalidRequestError.code, problems)

    @app.exception_handler(Exception)
    async def on_unexpected_error(_: Request, __: Exception) -> JSONResponse:
        return error_response(500, ApiError.code, "The lab's server made a mistake; its log tells more.")
