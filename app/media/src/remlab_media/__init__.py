"""The lab's cameras: pulled once each, shown to any number of browsers."""
