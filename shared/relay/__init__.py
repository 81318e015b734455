"""The relay area: accounts, bots, mappings, routing, deliveries, logs."""
