"""Canary secrets: used everywhere they can be, and searched for everywhere they must not be."""
