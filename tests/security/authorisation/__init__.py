"""The authorisation matrix: every route with every kind of caller, as one table declares it."""
