"""KOOK's REST interface: one client per credential, typed results, typed errors, paging.

``client.KookClient`` makes every call of a bot, ``pipes.KookPipe`` posts through a message pipe, ``oauth`` signs
users in. Nothing here sleeps, retries or logs: the caller decides what a failure means.
"""
