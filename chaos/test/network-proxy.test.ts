import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectError, type Connection, type Listener, socketTransport } from '@cachex/router';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../packages/cachex/test/cluster/fixtures/machine.ts';
import { NetworkProxy } from '../src/network-proxy.ts';
import { proxiedTransport } from '../src/proxied-transport.ts';

let directory: string;
let proxy: NetworkProxy;
let listener: Listener;
let accepted: End[];

/** One end of a connection, and what it heard. */
interface End {
  readonly connection: Connection;
  text: string;
  closed: boolean;
}

function listenTo(connection: Connection): End {
  const end: End = { connection, text: '', closed: false };
  connection.handle({
    data: (chunk) => {
      end.text += Buffer.from(chunk).toString();
    },
    close: () => {
      end.closed = true;
    },
  });
  return end;
}

const addressOf = (id: string): string => `unix:${join(directory, `${id}.1.sock`)}`;
const say = ({ connection }: End, text: string): void => connection.send(Buffer.from(text));
const dial = async (from: string, to: string): Promise<End> =>
  listenTo(await proxiedTransport(from, proxy.path).connect(addressOf(to)));

/** Something sent later over a way that stands has arrived: what has not by now is held back. */
async function roundTrip(): Promise<void> {
  const heard = accepted.length;
  const other = await dial('x', 'b');
  await eventually('a third party gets through', () => accepted.length > heard);
  say(accepted.at(-1)!, 'there');
  await eventually('a third party is answered', () => other.text === 'there');
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'proxy-'));
  proxy = await NetworkProxy.listen(join(directory, 'proxy'));
  accepted = [];
  listener = await socketTransport().listen(addressOf('b'), (connection) => {
    accepted.push(listenTo(connection));
  });
});
afterEach(async () => {
  await proxy.close();
  await listener.close();
  await rm(directory, { recursive: true });
});

describe('the proxy', () => {
  it('passes on what both sides say, and that one has closed', async () => {
    const a = await dial('a', 'b');
    say(a, 'ping');
    await eventually('the ping arrives', () => accepted[0]?.text === 'ping');
    say(accepted[0]!, 'pong');
    await eventually('the pong arrives', () => a.text === 'pong');
    say(a, ' and bye');
    a.connection.close();
    await eventually('the end arrives', () => accepted[0]!.closed);
    expect(accepted[0]!.text).toBe('ping and bye');
    await eventually('the end is known where it began', () => a.closed);
  });

  it('loses nothing of much that is sent at once', async () => {
    const a = await dial('a', 'b');
    const much = 'much'.repeat(500_000);
    say(a, much);
    await eventually('all of it arrives', () => accepted[0]?.text === much);
  });

  it('takes no refusal for a proof of death', async () => {
    // What remains of a listener that is abandoned refuses.
    const other = await socketTransport().listen(addressOf('gone'), () => {});
    await other.abandon();
    const straight = await socketTransport()
      .connect(addressOf('gone'))
      .catch((error: unknown) => error);
    expect(straight).toMatchObject({ dead: true });
    for (const id of ['gone', 'never-there']) {
      const refused = await dial('a', id).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ConnectError);
      expect(refused).toMatchObject({ dead: false });
    }
    await proxy.close();
    await expect(dial('a', 'b')).rejects.toMatchObject({ name: 'ConnectError', dead: false });
    proxy = await NetworkProxy.listen(join(directory, 'proxy'));
  });

  it('holds back one direction of a connection that is cut, whoever dialled, until it is healed', async () => {
    const a = await dial('a', 'b');
    await eventually('it is accepted', () => accepted.length === 1);
    const b = accepted[0]!;
    proxy.cut(['a'], ['b']);
    say(a, 'held');
    say(b, 'through');
    await eventually('the other direction works', () => a.text === 'through');
    await roundTrip();
    expect(b.text).toBe('');
    proxy.heal();
    await eventually('it arrives', () => b.text === 'held');

    proxy.cut(['b'], ['a']);
    say(b, ', held');
    say(a, ', through');
    await eventually('the other direction works', () => b.text === 'held, through');
    await roundTrip();
    expect(a.text).toBe('through');
    proxy.heal();
    await eventually('it arrives', () => a.text === 'through, held');
  });

  it('holds back the end of a connection, and what was said before it', async () => {
    const a = await dial('a', 'b');
    await eventually('it is accepted', () => accepted.length === 1);
    const b = accepted[0]!;
    proxy.cut(['a'], ['b']);
    proxy.cut(['b'], ['a']);
    say(b, 'last words');
    b.connection.close();
    await roundTrip();
    expect(a).toMatchObject({ text: '', closed: false });
    proxy.heal();
    await eventually('the end arrives', () => a.closed);
    expect(a.text).toBe('last words');
  });

  it('is late with what is sent over a slow link, in its order, and with its end', async () => {
    const a = await dial('a', 'b');
    await eventually('it is accepted', () => accepted.length === 1);
    const b = accepted[0]!;
    proxy.slow(['a'], ['b'], 50);
    const began = performance.now();
    say(a, 'one, ');
    say(b, 'at once');
    await eventually('the other direction is as it was', () => a.text === 'at once');
    proxy.slow(['a'], ['b'], 0);
    say(a, 'two');
    await eventually('all of it arrives', () => b.text === 'one, two');
    expect(performance.now() - began).toBeGreaterThan(45);
    proxy.slow(['a'], ['b'], 50);
    const much = 'much'.repeat(1_000_000);
    say(a, much);
    a.connection.close();
    await eventually('the end arrives', () => b.closed);
    expect(b.text).toBe(`one, two${much}`);
  });

  it('lets those who dial across a cut wait until it is healed', async () => {
    for (const [from, to] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      proxy.cut([from], [to]);
      const before = accepted.length;
      let connected = false;
      const dialled = dial('a', 'b').then((end) => {
        connected = true;
        return end;
      });
      await roundTrip();
      expect({ connected, accepted: accepted.length }).toEqual({ connected: false, accepted: before + 1 });
      proxy.heal();
      const a = await dialled;
      say(a, 'at last');
      await eventually('it arrives', () => accepted.some(({ text }) => text === 'at last'));
    }
  });

  it('forgets those who have given up', async () => {
    proxy.cut(['a'], ['b']);
    const patience = new AbortController();
    const dialled = proxiedTransport('a', proxy.path).connect(addressOf('b'), { signal: patience.signal });
    dialled.catch(() => {});
    await roundTrip();
    patience.abort();
    await expect(dialled).rejects.toMatchObject({ name: 'ConnectError', dead: false });
  });
});
