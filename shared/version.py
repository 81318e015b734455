"""The software's version. pyproject.toml says the same, which a test holds."""

VERSION = "0.1.0"
