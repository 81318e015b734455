"""Content platforms described in data files: what their login looks like and how it is probed."""
