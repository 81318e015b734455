"""A process that runs functions for the runner: ``python -m local.sandbox FILE_DESCRIPTOR``, started by it alone.

The first frame says which functions there are and with which variables each is imported; it is answered once all of
them are. After that every frame is a call, and the answers come as they are ready. When the runner's end of the socket
closes, so does this process, whatever it is at: its invocations are nobody's any more.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local.aws_calls import record_calls_if_asked
from local.engine_transport import use_engine_transport
from local.environment import variables_set
from local.frames import HEADER, Unmarshallable, to_frame
from local.invoke import Handler, LambdaContext, import_handler
from local.logs import set_up_logging
from local.messages import EmbeddedStackError

logger = logging.getLogger("local.sandbox")


class Channel:
    """The blocking end of the socket pair. Frames may be sent from several threads."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reading = connection.makefile("rb")
        self._sending = threading.Lock()

    def receive(self) -> Any:
        """The next document; None when the runner is gone."""
        header = self._reading.read(HEADER.size)
        if len(header) < HEADER.size:
            return None
        (length,) = HEADER.unpack(header)
        body = self._reading.read(length)
        return json.loads(body) if len(body) == length else None

    def send(self, document: Any) -> None:
        """Raises Unmarshallable."""
        frame = to_frame(document)
        with self._sending:
            self._connection.sendall(frame)


class Sandbox:
    """The functions of this process, each with threads of its own."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._functions: dict[str, tuple[Handler, ThreadPoolExecutor]] = {}

    def load(self, wanted: Any) -> None:
        """Import the functions. Raises EmbeddedStackError."""
        sys.path[:0] = [folder for folder in wanted["import_folders"] if folder not in sys.path]
        for one in wanted["functions"]:
            with variables_set(one["variables"]):
                handler = import_handler(one["name"], one["handler"], Path(one["code_path"]), Path(wanted["root"]))
            self._functions[one["name"]] = handler, ThreadPoolExecutor(one["threads"], thread_name_prefix=one["name"])

    def begin(self, call: Any) -> None:
        handler, threads = self._functions[call["function"]]
        threads.submit(self._run, handler, call)

    def _run(self, handler: Handler, call: Any) -> None:
        context = LambdaContext(
            call["function"], call["memory_mb"], call["timeout_seconds"], call["request_id"], time.monotonic()
        )
        try:
            result = handler(call["event"], context)
        except Exception as error:
            logger.error("%s failed, request %s", call["function"], call["request_id"], exc_info=error)
            self._channel.send({"id": call["id"], "error_type": type(error).__name__})
            return
        try:
            self._channel.send({"id": call["id"], "result": result})
        except Unmarshallable:
            logger.error("%s returned no JSON, request %s", call["function"], call["request_id"])
            self._channel.send({"id": call["id"], "error_type": "Runtime.MarshalError"})


def main() -> None:
    # Functions log to stdout, as in Lambda; here stdout is for the operator and stderr for logs.
    sys.stdout = sys.stderr
    set_up_logging()
    record_calls_if_asked()
    use_engine_transport()
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    sandbox = Sandbox(channel)
    wanted = channel.receive()
    if wanted is not None:
        try:
            sandbox.load(wanted)
        except EmbeddedStackError as error:
            channel.send({"refused": error.key, "values": {name: str(value) for name, value in error.values.items()}})
        else:
            channel.send({"ready": True})
            while (call := channel.receive()) is not None:
                sandbox.begin(call)
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
