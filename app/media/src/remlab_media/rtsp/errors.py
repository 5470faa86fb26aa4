"""Why a camera shows no picture. Every message may be shown to users: none names an address or a password."""

from remlab_common.cameras import CameraState


class CameraError(Exception):
    """A camera that cannot be shown, with the reason in words and a state a page can translate."""

    state = CameraState.LOST


class UnreachableError(CameraError):
    """Nobody answers at the camera's address, or the connection broke."""


class PasswordRefusedError(CameraError):
    """The camera wants another user name or password."""

    state = CameraState.UNAUTHORISED


class RefusedError(CameraError):
    """The camera answers, but not with something that browsers can play."""

    state = CameraState.REFUSED


class RtpBlockedError(CameraError):
    """The camera announces pictures, but none arrive."""

    state = CameraState.BLOCKED


class SilentError(CameraError):
    """Pictures came, and then none any more."""
