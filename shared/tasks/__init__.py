"""Work that takes longer than a request may: ordered on a queue, done by run_task."""
