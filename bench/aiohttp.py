# As many workers as asked for take URLs from one list; bodies are read and dropped.
import asyncio
import sys

import aiohttp


async def main(at_once, path):
    with open(path) as f:
        urls = iter(f.read().split())

    async def worker(session):
        for url in urls:
            async with session.get(url) as answer:
                answer.raise_for_status()
                await answer.read()

    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        await asyncio.gather(*(worker(session) for _ in range(at_once)))


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
