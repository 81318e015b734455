"""The monitor over HTTP."""
