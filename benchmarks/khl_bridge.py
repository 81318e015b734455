"""The peer of the relay benchmark: a bridge as khl.py's users write it, a webhook bot whose handler posts to Discord.

    python -m benchmarks.khl_bridge --receiver http://127.0.0.1:1234 --channels 20

It takes events in with khl.py's own receiver and hands them over at once: no queue, no retry, what fails is dropped.
The first line on stdout is its base URL. Two things are not khl.py's defaults: it listens on loopback only, and it does
not ask KOOK who it is.
"""

import argparse
import asyncio
import logging
from typing import Any

import aiohttp
import khl.receiver
from aiohttp import web
from khl import Bot, Cert, Message

from benchmarks.receiver import webhook_path
from benchmarks.relay_stage import ENCRYPT_KEY, VERIFY_TOKEN, kook_channel
from local.engines.process import LOOPBACK, free_port

logger = logging.getLogger("khl_bridge")


class _LoopbackSite(web.TCPSite):
    """khl.py listens on every interface."""

    def __init__(self, runner: web.AppRunner, _host: str, port: int) -> None:
        super().__init__(runner, LOOPBACK, port)


class _LoopbackWeb:
    Application, AppRunner, Response, Request = web.Application, web.AppRunner, web.Response, web.Request
    json_response, TCPSite = staticmethod(web.json_response), _LoopbackSite


def make_bridge(receiver: str, channels: int, port: int, session: aiohttp.ClientSession) -> Bot:
    targets = {kook_channel(number): receiver + webhook_path(number) for number in range(channels)}
    bot = Bot(
        cert=Cert(token="unused", verify_token=VERIFY_TOKEN, encrypt_key=ENCRYPT_KEY), port=port, route="/webhook"
    )
    bot.client.ignore_self_msg = False

    @bot.on_message()  # type: ignore[untyped-decorator]
    async def hand_over(message: Message) -> None:
        body = {"content": message.content, "username": message.author.nickname, "allowed_mentions": {"parse": []}}
        async with session.post(targets[message.target_id], params={"wait": "true"}, json=body) as answer:
            await answer.read()
            if answer.status >= 400:
                logger.warning("dropped: %d", answer.status)

    return bot


async def serve(receiver: str, channels: int) -> None:
    khl.receiver.web = _LoopbackWeb
    port = free_port()
    connector: Any = aiohttp.TCPConnector(limit=0)
    # Discord refuses what does not say that it is a bot.
    headers = {"User-Agent": "DiscordBot (https://example.com, 0.3.17)"}
    async with aiohttp.ClientSession(connector=connector, headers=headers, trust_env=False) as session:
        bot = make_bridge(receiver, channels, port, session)
        bot.loop = asyncio.get_running_loop()
        print(f"http://{LOOPBACK}:{port}", flush=True)
        await bot.start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--receiver", required=True)
    parser.add_argument("--channels", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(serve(options.receiver, options.channels))


if __name__ == "__main__":
    main()
