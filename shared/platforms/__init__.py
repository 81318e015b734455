"""Destinations: one module per platform behind one Protocol (base.py), outcomes, pacing, media."""
