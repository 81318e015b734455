"""The command line of a relay that runs, here or elsewhere: everything goes through its control API."""
