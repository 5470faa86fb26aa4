"""The SDK's errors, as far as ours are told apart."""


class DockerException(Exception):
    """All of them."""


class APIError(DockerException):
    """The engine refused."""


class NotFound(APIError):
    """There is none."""
