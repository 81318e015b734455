"""Accounts of content platforms: a vault for their cookies, health checks, logins, and pools to choose from."""
