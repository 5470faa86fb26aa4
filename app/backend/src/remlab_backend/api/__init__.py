"""The lab's REST API, below /api."""
