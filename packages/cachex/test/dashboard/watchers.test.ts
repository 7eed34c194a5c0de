import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Seen } from '../../src/dashboard/feed.ts';
import type { Frame } from '../../src/dashboard/frame.ts';
import { Watchers } from '../../src/dashboard/watchers.ts';
import { ManualClock } from '../manual-clock.ts';

const large = 'x'.repeat(65_536);

/** One reader over a real socket, which reads nothing until it is told to. */
async function reader(watchers: Watchers) {
  const server = createServer((_request, response) => {
    answered(response);
    watchers.add(response);
  });
  let answered: (response: ServerResponse) => void = () => {};
  const response = new Promise<ServerResponse>((resolve) => {
    answered = resolve;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const close = (): void => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  };
  return { response: await response, socket, close };
}

describe('somebody who watches and takes nothing', () => {
  it('misses frames, and what waits for it does not grow', async () => {
    let made = 0;
    const shown: number[] = [];
    const watchers = new Watchers({
      clock: new ManualClock(),
      frameFor: (seen: Seen) => {
        made += 1;
        shown.push(seen.epoch);
        seen.epoch += 1;
        return { large } as unknown as Frame;
      },
      watched: () => {},
    });
    const { response, socket, close } = await reader(watchers);
    for (let n = 0; n < 500; n += 1) {
      watchers.tell();
      await new Promise((resolve) => setImmediate(resolve));
      expect(response.writableLength).toBeLessThan(2 * large.length);
    }
    const missed = made;
    expect(missed).toBeLessThan(500);
    // It reads on: what it is told from then on is what there is by then.
    socket.resume();
    await once(response, 'drain');
    watchers.tell();
    expect(made).toBe(missed + 1);
    // Each frame was made for what it had seen, none for what it had missed.
    expect(shown).toEqual(shown.map((_, n) => n));
    close();
    await once(response, 'close');
    expect(watchers.size).toBe(0);
  });

  it('is sent away if it cannot be told what it is to be shown', async () => {
    const watchers = new Watchers({
      clock: new ManualClock(),
      frameFor: () => {
        throw new Error('no frame can be made');
      },
      watched: () => {},
    });
    const { response, close } = await reader(watchers);
    if (!response.closed) await once(response, 'close');
    expect(watchers.size).toBe(0);
    close();
  });

  it('is sent away after a while', async () => {
    const clock = new ManualClock();
    const seen: boolean[] = [];
    const watchers = new Watchers({
      clock,
      frameFor: () => ({ large: large.repeat(200) }) as unknown as Frame,
      watched: (anybody) => seen.push(anybody),
    });
    const { response, close } = await reader(watchers);
    expect(clock.timers).toBe(1);
    const closed = once(response, 'close');
    clock.advance(30_000);
    await closed;
    expect(watchers.size).toBe(0);
    expect(seen).toEqual([true, false]);
    expect(clock.timers).toBe(0);
    close();
  });
});
