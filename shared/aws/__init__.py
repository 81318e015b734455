"""Adapters to AWS (or the embedded engines): settings, clients, tables, queues."""
