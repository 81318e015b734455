"""``make demo``: the embedded stack between stand-ins, real-format KOOK events in, a table of what arrived out."""

from local.demo.show import main

__all__ = ["main"]
