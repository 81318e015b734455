"""The robots API: blueprints over the services of the area."""
