import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { NatsLink, window } from '../../src/transports/nats-link.ts';
import { type Message, MessageType, readMessage, writeMessage } from '../../src/transports/nats-message.ts';

/** One end, with what it has said and what its user has heard. */
class End {
  readonly said: Message[] = [];
  readonly link: NatsLink;
  heard = '';
  closes = 0;
  overs = 0;
  kept = 0;

  constructor(clock: ManualClock, piece = 1_000) {
    this.link = new NatsLink({
      clock,
      piece,
      send: (type, number, bytes = new Uint8Array()) => this.said.push({ type, number, bytes }),
      keepAlive: (active) => {
        this.kept += active ? 1 : -1;
      },
      over: () => {
        this.overs += 1;
      },
    });
  }

  handle(): this {
    this.link.handle({
      data: (bytes) => {
        this.heard += Buffer.from(bytes).toString();
      },
      close: () => {
        this.closes += 1;
      },
    });
    return this;
  }

  /** Gives the other end what was said so far. */
  deliver(other: End): void {
    for (const message of this.said.splice(0)) other.link.receive(message);
  }

  get types(): number[] {
    return this.said.map(({ type }) => type);
  }
}

const text = (value: string): Uint8Array => Buffer.from(value);

let clock: ManualClock;
let a: End;
let b: End;
beforeEach(() => {
  clock = new ManualClock();
  a = new End(clock).handle();
  b = new End(clock).handle();
});

describe('a link by way of NATS', () => {
  it('ends for both when a message was lost', async () => {
    for (const piece of ['one', 'two', 'three']) a.link.send(text(piece));
    a.said.splice(1, 1);
    a.deliver(b);
    expect(b.heard).toBe('one');
    expect(b.types).toEqual([MessageType.reset]);
    b.deliver(a);
    await clock.advance(0);
    expect([a.closes, b.closes, a.overs, b.overs]).toEqual([1, 1, 1, 1]);
  });

  it('ends when what was lost came before the end, or comes twice', async () => {
    a.link.send(text('one'));
    a.link.close();
    a.said.shift();
    a.deliver(b);
    await clock.advance(0);
    expect([b.heard, b.closes]).toEqual(['', 1]);
    const c = new End(clock).handle();
    c.link.receive({ type: MessageType.data, number: 0, bytes: text('x') });
    c.link.receive({ type: MessageType.data, number: 0, bytes: text('x') });
    await clock.advance(0);
    expect([c.heard, c.closes]).toEqual(['x', 1]);
  });

  it('ends when the other end says what cannot be understood', async () => {
    a.link.receive({ type: 99, number: 0, bytes: text('') });
    await clock.advance(0);
    expect([a.closes, a.types]).toEqual([1, [MessageType.reset]]);
  });

  it('keeps what came before anybody listened', async () => {
    const late = new End(clock);
    a.link.send(text('early'));
    a.link.close();
    a.deliver(late);
    late.handle();
    expect(late.heard).toBe('early');
    await clock.advance(0);
    expect(late.closes).toBe(1);
  });

  it('has no more on its way than the window, and counts the rest as pending', () => {
    const bytes = 3 * window;
    a.link.send(Buffer.alloc(bytes, 'x'));
    const onItsWay = a.said.reduce((sum, message) => sum + message.bytes.length, 0);
    expect(onItsWay).toBeGreaterThanOrEqual(window);
    expect(onItsWay).toBeLessThan(window + 1_000);
    expect(a.link.pending).toBe(bytes - onItsWay);
    while (a.said.length > 0) {
      a.deliver(b);
      b.deliver(a);
    }
    expect(a.link.pending).toBe(0);
    expect(b.heard).toHaveLength(bytes);
  });

  it('takes no more credit than it has given cause for', () => {
    a.link.send(Buffer.alloc(2 * window));
    a.said.splice(0);
    a.link.receive({ type: MessageType.taken, number: Number.MAX_VALUE, bytes: text('') });
    const more = a.said.reduce((sum, message) => sum + message.bytes.length, 0);
    expect(more).toBeLessThanOrEqual(window);
    for (const number of [Number.NaN, -1])
      a.link.receive({ type: MessageType.taken, number, bytes: text('') });
    expect(a.overs).toBe(0);
  });

  it('sends what was left when it was closed, and then ends', async () => {
    a.link.send(Buffer.alloc(2 * window, 'x'));
    a.link.close();
    a.link.send(text('too late'));
    await clock.advance(0);
    expect([a.closes, a.overs]).toEqual([1, 0]);
    b.link.send(text('unheard'));
    while (a.said.length + b.said.length > 0) {
      a.deliver(b);
      b.deliver(a);
    }
    await clock.advance(0);
    expect([a.heard, a.closes, a.overs]).toEqual(['', 1, 1]);
    expect([b.heard.length, b.closes, b.overs]).toEqual([2 * window, 1, 1]);
  });

  it('is given up when the other end answers no probes', async () => {
    a.link.beat();
    expect(a.said).toEqual([]);
    for (let beats = 0; beats < 3; beats += 1) {
      a.link.beat();
      expect(a.types).toEqual([MessageType.probe]);
      a.deliver(b);
    }
    b.deliver(a);
    for (let beats = 0; beats < 4; beats += 1) a.link.beat();
    expect(a.overs).toBe(0);
    a.link.beat();
    await clock.advance(0);
    expect([a.closes, a.overs]).toEqual([1, 1]);
  });

  it('is given up, too, when it was closed and the other end takes nothing more', () => {
    a.link.send(Buffer.alloc(2 * window));
    a.link.close();
    for (let beats = 0; beats < 6; beats += 1) a.link.beat();
    expect(a.overs).toBe(1);
  });

  it('keeps the process alive as often as it is asked to, and not after its end', () => {
    for (const active of [true, true, false, true]) a.link.keepAlive(active);
    expect(a.kept).toBe(1);
    a.link.break();
    a.link.keepAlive(true);
    expect(a.kept).toBe(0);
  });
});

describe('a message', () => {
  it('is read as it was written', () => {
    for (const [number, bytes] of [
      [0, ''],
      [2 ** 40, 'text'],
    ] as const) {
      const message = readMessage(writeMessage(MessageType.data, number, text(bytes)));
      expect(message).toMatchObject({ type: MessageType.data, number });
      expect(Buffer.from(message!.bytes).toString()).toBe(bytes);
    }
  });

  it('is nothing if it is too short', () => {
    expect(readMessage(text('12345678'))).toBeUndefined();
  });
});
