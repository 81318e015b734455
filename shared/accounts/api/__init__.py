"""The HTTP API of content-platform accounts: /api/v1/login, /api/v1/accounts and /api/v1/pools."""
