"""Monitoring of machines: Komari agents report, Komari front ends show. No other area is imported here."""
