# A semaphore loop with retries, as people write it: so many in flight, ten tries each; Retry-After is heeded, else the
# wait is a random part of a back-off that doubles. Nobody holds a place while waiting. Prints the counts as JSON.
import asyncio
import json
import random
import sys

import aiohttp

TRIES = 10
AGAIN = {429, 500, 502, 503, 504}


async def main(at_once, timeout, path):
    with open(path) as f:
        urls = f.read().split()
    places = asyncio.Semaphore(at_once)
    counts = {"ok": 0, "failed": 0}

    async def get(session, url):
        for n in range(TRIES):
            wait = random.uniform(0, min(30, 0.5 * 2**n))
            try:
                async with places, session.get(url) as response:
                    await response.read()
                    if response.status < 400:
                        counts["ok"] += 1
                        return
                    if response.status not in AGAIN:
                        break
                    wait = float(response.headers.get("Retry-After", wait))
            except (aiohttp.ClientError, asyncio.TimeoutError):
                pass
            if n < TRIES - 1:
                await asyncio.sleep(wait)
        counts["failed"] += 1

    connector = aiohttp.TCPConnector(limit=0)
    limits = aiohttp.ClientTimeout(total=timeout)
    async with aiohttp.ClientSession(connector=connector, timeout=limits) as session:
        await asyncio.gather(*(get(session, url) for url in urls))
    print(json.dumps(counts))


asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
