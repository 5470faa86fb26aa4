"""What services and pages call the state of a camera. Pages have a sentence for each, in each language."""

from enum import StrEnum


class CameraState(StrEnum):
    """Why a camera gives no picture, or that it does."""

    CONNECTING = "connecting"
    LIVE = "live"
    FROZEN = "frozen"
    """Pictures arrive, but all the same."""
    LOST = "lost"
    """Nobody answers, the connection broke or the pictures stopped."""
    UNAUTHORISED = "unauthorised"
    REFUSED = "refused"
    """The camera answers, but not with something that browsers can play."""
    BLOCKED = "blocked"
    """The camera announces pictures, but none arrive."""

    # What the backend says where the media service says nothing.
    MEDIA_AWAY = "media_away"
    NOT_SERVED = "not_served"
