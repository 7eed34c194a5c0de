import assert from 'node:assert/strict';
import { ConnectError, type Connection, type Listener, type Transport } from '../transport.ts';
import type { TestFunctions } from './test-functions.ts';

/** A place where nodes can reach each other. */
export interface TransportSetUp {
  readonly transport: Transport;
  /** An address that nobody has listened at before. */
  address(): string;
  /** Frees the place; the suite has closed every listener and connection. */
  close(): Promise<void>;
}

/** One end of a connection, with all it has heard. */
class Heard {
  readonly connection: Connection;
  bytes = 0;
  closes = 0;
  readonly #chunks: Buffer[] = [];
  #changed: () => void = () => {};

  constructor(connection: Connection) {
    this.connection = connection;
    connection.handle({
      data: (chunk) => {
        assert.equal(this.closes, 0, 'nothing comes after the end');
        this.#chunks.push(Buffer.from(chunk));
        this.bytes += chunk.length;
        this.#changed();
      },
      close: () => {
        this.closes += 1;
        this.#changed();
      },
    });
  }

  get text(): string {
    return this.content.toString();
  }

  get content(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  ended(): Promise<void> {
    return this.until(() => this.closes > 0);
  }
}

/** What every transport must do. `setUp` is called before each test. */
export function transportSuite(
  { describe, it }: TestFunctions,
  name: string,
  setUp: () => Promise<TransportSetUp>,
): void {
  describe(`transport ${name}`, () => {
    const test = (what: string, body: (place: Place) => Promise<void>): void => {
      it(what, async () => {
        const place = new Place(await setUp());
        try {
          await body(place);
        } finally {
          await place.close();
        }
      });
    };

    test('carries bytes both ways, in order', async (place) => {
      const [dialled, accepted] = await place.pair();
      for (let n = 0; n < 500; n += 1) dialled.connection.send(Buffer.from(`${n},`));
      accepted.connection.send(Buffer.from('hello'));
      const all = Array.from({ length: 500 }, (_, n) => `${n},`).join('');
      await accepted.until(() => accepted.bytes >= all.length);
      await dialled.until(() => dialled.bytes >= 5);
      assert.equal(accepted.text, all);
      assert.equal(dialled.text, 'hello');
    });

    test('carries large pieces whole', async (place) => {
      const [dialled, accepted] = await place.pair();
      const large = Buffer.alloc(3 * 1024 * 1024);
      for (let at = 0; at < large.length; at += 4) large.writeUInt32BE((at * 2654435761) >>> 0, at);
      dialled.connection.send(large);
      dialled.connection.send(Buffer.from('end'));
      await accepted.until(() => accepted.bytes >= large.length + 3);
      assert.ok(accepted.content.equals(Buffer.concat([large, Buffer.from('end')])));
    });

    test('tells how many bytes have yet to leave, until they have', async (place) => {
      const [dialled, accepted] = await place.pair();
      assert.equal(dialled.connection.pending, 0);
      const bytes = 4 * 1024 * 1024;
      dialled.connection.send(Buffer.alloc(bytes));
      assert.ok(dialled.connection.pending > 0);
      await accepted.until(() => accepted.bytes === bytes);
      // An answer to what was sent afterwards shows that nothing is left before it.
      dialled.connection.send(Buffer.from('!'));
      await accepted.until(() => accepted.bytes === bytes + 1);
      accepted.connection.send(Buffer.from('?'));
      await dialled.until(() => dialled.bytes === 1);
      assert.equal(dialled.connection.pending, 0);
    });

    for (const closer of ['dialler', 'acceptor'] as const) {
      test(`tells both ends once when the ${closer} closes`, async (place) => {
        const [dialled, accepted] = await place.pair();
        const [closing, other] = closer === 'dialler' ? [dialled, accepted] : [accepted, dialled];
        closing.connection.close();
        closing.connection.close();
        await Promise.all([closing.ended(), other.ended()]);
        other.connection.close();
        await place.settled();
        assert.deepEqual([closing.closes, other.closes], [1, 1]);
      });
    }

    test('delivers what was sent before the end', async (place) => {
      const [dialled, accepted] = await place.pair();
      accepted.connection.send(Buffer.from('the reason'));
      accepted.connection.close();
      await dialled.ended();
      assert.equal(dialled.text, 'the reason');
    });

    test('neither sends nor hears anything after its end, though earlier bytes still leave', async (place) => {
      const [dialled, accepted] = await place.pair();
      const bytes = 8 * 1024 * 1024;
      dialled.connection.send(Buffer.alloc(bytes));
      dialled.connection.close();
      dialled.connection.send(Buffer.from('too late'));
      accepted.connection.send(Buffer.from('unheard'));
      await Promise.all([dialled.ended(), accepted.ended()]);
      accepted.connection.send(Buffer.from('too late as well'));
      await place.settled();
      assert.deepEqual([dialled.bytes, accepted.bytes], [0, bytes]);
    });

    test('keeps connections apart', async (place) => {
      const address = await place.listen();
      const dialled = [await place.dial(address), await place.dial(address), await place.dial(address)];
      for (const [index, { connection }] of dialled.entries()) connection.send(Buffer.from(`${index}`));
      await Promise.all(
        dialled.map((_, index) => place.accepted[index]!.until(() => place.accepted[index]!.bytes === 1)),
      );
      dialled[1]!.connection.close();
      await dialled[1]!.ended();
      const rest = place.accepted.filter(({ text }) => text !== '1');
      for (const { connection, text } of rest) connection.send(Buffer.from(text));
      for (const index of [0, 2]) {
        await dialled[index]!.until(() => dialled[index]!.bytes > 0);
        assert.equal(dialled[index]!.text, `${index}`);
      }
    });

    test('rejects with a ConnectError that proves nothing where nobody ever listened', async (place) => {
      await assert.rejects(place.set.transport.connect(place.set.address()), (error) => {
        assert.ok(error instanceof ConnectError);
        assert.equal(error.dead, false);
        return true;
      });
    });

    test('accepts nobody after a listener was closed, and its connections go on', async (place) => {
      const [dialled, accepted] = await place.pair();
      await place.listeners[0]!.close();
      await assert.rejects(place.set.transport.connect(place.listeners[0]!.address), ConnectError);
      dialled.connection.send(Buffer.from('still'));
      await accepted.until(() => accepted.bytes === 5);
      accepted.connection.send(Buffer.from('there'));
      await dialled.until(() => dialled.bytes === 5);
    });

    test('connects nobody to a listener that was abandoned', async (place) => {
      const address = await place.listen();
      await place.listeners[0]!.abandon();
      await assert.rejects(place.set.transport.connect(address), ConnectError);
    });

    test('does not let two listen at one address', async (place) => {
      const address = await place.listen();
      await assert.rejects(place.set.transport.listen(address, () => {}));
      await place.dial(address);
    });

    test('takes keepAlive at any time', async (place) => {
      const [dialled, accepted] = await place.pair();
      for (const active of [true, false, true]) {
        place.listeners[0]!.keepAlive(active);
        dialled.connection.keepAlive(active);
        accepted.connection.keepAlive(active);
      }
      dialled.connection.close();
      await accepted.ended();
      dialled.connection.keepAlive(true);
      accepted.connection.keepAlive(true);
    });
  });
}

/** A set-up with all that a test opened in it. */
class Place {
  readonly set: TransportSetUp;
  readonly listeners: Listener[] = [];
  readonly accepted: Heard[] = [];
  readonly #dialled: Heard[] = [];

  constructor(set: TransportSetUp) {
    this.set = set;
  }

  async listen(): Promise<string> {
    const { transport, address } = this.set;
    const listener = await transport.listen(address.call(this.set), (connection) => {
      this.accepted.push(new Heard(connection));
    });
    this.listeners.push(listener);
    return listener.address;
  }

  async dial(address: string): Promise<Heard> {
    const heard = new Heard(await this.set.transport.connect(address));
    this.#dialled.push(heard);
    return heard;
  }

  /** Both ends of a new connection. */
  async pair(): Promise<[dialled: Heard, accepted: Heard]> {
    const dialled = await this.dial(await this.listen());
    dialled.connection.send(Buffer.alloc(0));
    while (this.accepted.length === 0) await turn();
    return [dialled, this.accepted[0]!];
  }

  /** Enough turns for what is under way to have arrived, over a connection opened for nothing else. */
  async settled(): Promise<void> {
    const probe = await this.dial(await this.listen());
    probe.connection.close();
    await probe.ended();
    for (let n = 0; n < 3; n += 1) await turn();
  }

  async close(): Promise<void> {
    for (const { connection } of [...this.#dialled, ...this.accepted]) connection.close();
    for (const listener of this.listeners) await listener.close();
    await this.set.close();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
