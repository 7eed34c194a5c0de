import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyOf, type Frame, FrameType, jsonFrame, rawFrame } from '../src/frame.ts';
import { Greeting, type GreetingOptions, type GreetingStep } from '../src/greeting.ts';
import { common, protocols, type Refusal } from '../src/handshake.ts';
import { Reception, type ReceptionOptions, type ReceptionStep } from '../src/reception.ts';
import { Secret } from '../src/secret.ts';
import { helloFrame } from './links.ts';

const secret = new Secret('correct horse battery staple');
const other = new Secret('correct horse battery stable');

const dialler: GreetingOptions = {
  self: { id: 'a', incarnation: 'a1' },
  to: { id: 'b', incarnation: 'b1' },
  cluster: 'test',
  birth: 'birth',
  lasting: true,
  binding: undefined,
};
const acceptor: ReceptionOptions = {
  self: () => ({ id: 'b', incarnation: 'b1', cluster: 'test', birth: 'birth' }),
  epoch: () => 7,
  secret: undefined,
  binding: undefined,
};

interface Talk {
  /** What became of it for the dialler; `undefined` if the acceptor has broken off before. */
  readonly end: GreetingStep | undefined;
  /** What the acceptor has decided. */
  readonly decided: ReceptionStep | undefined;
  /** What both have said, in order. */
  readonly frames: Buffer[];
}

/** Lets two nodes shake hands; `tamper` may change a frame on its way. */
function talk(
  one: Partial<GreetingOptions> = {},
  two: Partial<ReceptionOptions> = {},
  tamper: (frame: Buffer, index: number) => Buffer = (frame) => frame,
): Talk {
  const greeting = new Greeting({ ...dialler, ...one });
  const reception = new Reception({ ...acceptor, ...two });
  const frames: Buffer[] = [];
  const pass = (frame: Buffer): Frame => {
    const passed = tamper(frame, frames.length);
    frames.push(passed);
    return { type: passed[4]!, body: bodyOf(passed) };
  };
  let said: Buffer | undefined = greeting.hello;
  let decided: ReceptionStep | undefined;
  while (said !== undefined) {
    const heard: ReceptionStep = reception.take(pass(said));
    said = undefined;
    if (heard.caller !== undefined || heard.refusal !== undefined) decided = heard;
    for (const frame of heard.frames) {
      const step = greeting.take(pass(frame));
      if (step.kind === 'say') said = step.frame;
      else if (step.kind !== 'listen') return { end: step, decided, frames };
    }
  }
  return { end: undefined, decided, frames };
}

function refusal({ end }: Talk): Refusal {
  expect(end?.kind).toBe('refusal');
  return (end as Extract<GreetingStep, { kind: 'refusal' }>).refusal;
}

const caller = { identity: { id: 'a', incarnation: 'a1' }, lasting: true };

describe('two nodes that shake hands', () => {
  it('know each other afterwards, and speak the newest version', () => {
    const { end, decided } = talk();
    expect(end).toEqual({ kind: 'welcome', epoch: 7, protocol: protocols.newest });
    expect(decided?.caller).toEqual(caller);
  });

  it('say nothing more than that without a secret', () => {
    expect(talk().frames.map((frame) => frame[4])).toEqual([FrameType.hello, FrameType.welcome]);
  });

  it.each<[what: string, self: ReturnType<ReceptionOptions['self']>, reason: RegExp, ended: boolean]>([
    [
      'of another cluster',
      { ...acceptor.self({ id: 'b', incarnation: 'b1' }), cluster: 'other' },
      /'other', not 'test'/,
      false,
    ],
    [
      'of another birth',
      { ...acceptor.self({ id: 'b', incarnation: 'b1' }), birth: 'later' },
      /born as later/,
      false,
    ],
    [
      'that has yet to join',
      { ...acceptor.self({ id: 'b', incarnation: 'b1' }), birth: undefined },
      /not a member yet/,
      false,
    ],
    ['of another id', { ...acceptor.self({ id: 'b', incarnation: 'b1' }), id: 'c' }, /this is node c/, false],
    [
      'in its next life',
      { ...acceptor.self({ id: 'b', incarnation: 'b1' }), incarnation: 'b2' },
      /this is node b \(b2\)/,
      true,
    ],
  ])('part when one dials one %s', (_what, self, reason, ended) => {
    for (const known of [undefined, secret]) {
      const talked = talk({ secret: known }, { secret: known, self: () => self });
      expect(refusal(talked)).toEqual({ reason: expect.stringMatching(reason), code: undefined, ended });
      expect(talked.decided?.caller).toBeUndefined();
    }
  });
});

describe('two nodes with a secret', () => {
  it('each prove that they know it, the dialler first', () => {
    const { end, decided, frames } = talk({ secret }, { secret });
    expect(end).toMatchObject({ kind: 'welcome', epoch: 7 });
    expect(decided?.caller).toEqual(caller);
    const { hello, challenge, proof, welcome } = FrameType;
    expect(frames.map((frame) => frame[4])).toEqual([hello, challenge, proof, proof, welcome]);
  });

  it.each<[what: string, one: Secret | undefined, two: Secret | undefined, reason: RegExp]>([
    ['the secrets differ', secret, other, /has another secret/],
    ['only the dialler has one', secret, undefined, /this node has none/],
    ['only the acceptor has one', undefined, secret, /pass it to join as 'secret'/],
  ])('part when %s, and say why', (_what, one, two, reason) => {
    const talked = talk({ secret: one }, { secret: two });
    expect(refusal(talked)).toMatchObject({ code: 'NOT_TRUSTED', reason: expect.stringMatching(reason) });
    expect(talked.decided?.caller).toBeUndefined();
  });

  it('tell those who do not know it nothing about themselves', () => {
    const self = (): never => {
      throw new Error('nobody may ask');
    };
    for (const one of [undefined, other]) {
      const { reason } = refusal(talk({ secret: one, birth: 'x' }, { secret, self, epoch: self }));
      expect(reason).not.toMatch(/test|birth/);
    }
  });

  it('do not agree if a byte of what they say is changed on its way', () => {
    const changed = fc.tuple(fc.nat(4), fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(changed, ([which, at, by]) => {
        const tamper = (frame: Buffer, index: number): Buffer => {
          if (index !== which) return frame;
          const copy = Buffer.from(frame);
          const place = 5 + (at % (copy.length - 5));
          copy[place] = copy[place]! ^ by;
          return copy;
        };
        let end: GreetingStep | undefined;
        try {
          end = talk({ secret }, { secret }, tamper).end;
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
        expect(end?.kind).not.toBe('welcome');
      }),
      { numRuns: 2_000 },
    );
  });

  it('do not fall for what was said before', () => {
    const before = talk({ secret }, { secret }).frames;
    // To the acceptor: the same hello, and the proof that was right then.
    const reception = new Reception({ ...acceptor, secret });
    const [hello, , proof] = before.map((frame) => ({ type: frame[4]!, body: bodyOf(frame) }));
    reception.take(hello!);
    expect(reception.take(proof!).refusal).toMatchObject({ code: 'NOT_TRUSTED' });
    // To the dialler: all that the acceptor has said then.
    const greeting = new Greeting({ ...dialler, secret });
    const steps = [1, 3, 4].map((n) => greeting.take({ type: before[n]![4]!, body: bodyOf(before[n]!) }));
    expect(steps.at(-1)).toMatchObject({ kind: 'refusal', refusal: { code: 'NOT_TRUSTED' } });
  });

  it('do not take what they have said themselves for an answer', () => {
    // Somebody without the secret dials, and has a node prove it to itself.
    const reception = new Reception({ ...acceptor, secret });
    const greeting = new Greeting({ ...dialler, secret });
    const [challenge] = reception.take({ type: FrameType.hello, body: bodyOf(greeting.hello) }).frames;
    const proof = greeting.take({ type: FrameType.challenge, body: bodyOf(challenge!) });
    const own = (proof as Extract<GreetingStep, { kind: 'say' }>).frame;
    expect(greeting.take({ type: FrameType.proof, body: bodyOf(own) }).kind).toBe('listen');
    const welcome = jsonFrame(FrameType.welcome, {
      id: 'b',
      incarnation: 'b1',
      epoch: 1,
      protocol: protocols.newest,
    });
    expect(greeting.take({ type: FrameType.welcome, body: bodyOf(welcome) })).toMatchObject({
      kind: 'refusal',
      refusal: { code: 'NOT_TRUSTED' },
    });
  });

  it('do not agree over somebody who passes on what they say, if their connections are bound', () => {
    const [here, there] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    expect(talk({ secret, binding: here }, { secret, binding: here }).end?.kind).toBe('welcome');
    for (const binding of [there, undefined]) {
      const talked = talk({ secret, binding: here }, { secret, binding });
      expect(refusal(talked)).toMatchObject({ code: 'NOT_TRUSTED' });
    }
  });

  it('take nobody’s word but a node’s that another has ended', () => {
    const refused = jsonFrame(FrameType.refused, { reason: 'it is dead, believe me', ended: true });
    const greeting = new Greeting({ ...dialler, secret });
    expect(greeting.take({ type: FrameType.refused, body: bodyOf(refused) })).toMatchObject({
      kind: 'refusal',
      refusal: { ended: false },
    });
  });

  it.each<[what: string, frames: Buffer[]]>([
    ['no hello', [rawFrame(FrameType.proof, Buffer.alloc(32))]],
    [
      'a call instead of a proof',
      [new Greeting({ ...dialler, secret }).hello, rawFrame(FrameType.calls, Buffer.alloc(9))],
    ],
    ['a second hello', Array(2).fill(new Greeting({ ...dialler, secret }).hello)],
  ])('end a handshake with %s', (_what, frames) => {
    const reception = new Reception({ ...acceptor, secret });
    const say = (frame: Buffer) => reception.take({ type: frame[4]!, body: bodyOf(frame) });
    for (const frame of frames.slice(0, -1)) say(frame);
    expect(() => say(frames.at(-1)!)).toThrow(RangeError);
  });

  it.each<[what: string, frames: Buffer[]]>([
    ['two challenges', Array(2).fill(rawFrame(FrameType.challenge, Buffer.alloc(32)))],
    ['a proof before they were asked for theirs', [rawFrame(FrameType.proof, Buffer.alloc(32))]],
    ['replies', [rawFrame(FrameType.replies, Buffer.alloc(9))]],
  ])('end a greeting that is answered with %s', (_what, frames) => {
    const greeting = new Greeting({ ...dialler, secret });
    const hear = (frame: Buffer) => greeting.take({ type: frame[4]!, body: bodyOf(frame) });
    for (const frame of frames.slice(0, -1)) hear(frame);
    expect(() => hear(frames.at(-1)!)).toThrow(RangeError);
  });

  it('welcome without a proof nobody', () => {
    const welcome = jsonFrame(FrameType.welcome, {
      id: 'b',
      incarnation: 'b1',
      epoch: 1,
      protocol: protocols.newest,
    });
    const greeting = new Greeting({ ...dialler, secret });
    expect(
      refusal({ end: greeting.take({ type: FrameType.welcome, body: bodyOf(welcome) }) } as Talk),
    ).toEqual({
      code: 'NOT_TRUSTED',
      reason: expect.stringContaining('b does not prove that it knows the secret'),
    });
  });
});

describe('versions of the wire', () => {
  const { oldest, newest } = protocols;

  it('are the newest that both speak', () => {
    expect(common({ oldest: 3, newest: 4 }, { oldest: 3, newest: 4 })).toBe(4);
    expect(common({ oldest: 3, newest: 4 }, { oldest: 3, newest: 3 })).toBe(3);
    expect(common({ oldest: 2, newest: 5 }, { oldest: 4, newest: 9 })).toBe(5);
    expect(common({ oldest: 3, newest: 4 }, { oldest: 5, newest: 6 })).toBeUndefined();
  });

  /** What this build answers to a hello. */
  function heard(hello: object, known?: Secret): ReceptionStep {
    const frame = helloFrame({ to: dialler.to, ...hello });
    return new Reception({ ...acceptor, secret: known }).take({ type: FrameType.hello, body: bodyOf(frame) });
  }

  it.each<[what: string, hello: object, spoken: number]>([
    ['one as new', { protocol: oldest, speaks: [oldest, newest] }, newest],
    ['a newer one', { protocol: newest, speaks: [newest, newest + 5] }, newest],
    ['one that is both older and newer', { protocol: 1, speaks: [1, 99] }, newest],
  ])('are settled with %s', (_what, hello, spoken) => {
    const { frames } = heard(hello);
    expect(JSON.parse(bodyOf(frames[0]!).toString())).toMatchObject({ protocol: spoken });
  });

  it.each<[what: string, hello: object, reason: RegExp]>([
    [
      'too old',
      { protocol: 1, speaks: [1, 2] },
      /speaks the wire versions \d.*, the one that dials 1 to 2: upgrade the one that dials/,
    ],
    ['too new', { protocol: 90, speaks: [90, 91] }, /, the one that dials 90 to 91: upgrade this node/],
    ['older than ranges', { protocol: 3, speaks: undefined }, /dials 3 alone: upgrade the one that dials/],
  ])('are refused if they are %s, with what to do', (_what, hello, reason) => {
    expect(heard(hello).refusal).toEqual({ code: 'PROTOCOL', reason: expect.stringMatching(reason) });
  });

  it.each([[{ speaks: [4] }], [{ speaks: ['3', '4'] }], [{ speaks: [4, 3] }], [{ protocol: 'new' }]])(
    'cannot be %j',
    (hello) => {
      expect(() => heard({ speaks: undefined, ...hello })).toThrow(RangeError);
    },
  );

  it('are what the dialler has offered as the oldest, where the acceptor says nothing of them', () => {
    const welcomed = (welcome: object): GreetingStep => {
      const frame = jsonFrame(FrameType.welcome, { id: 'b', incarnation: 'b1', epoch: 5, ...welcome });
      return new Greeting(dialler).take({ type: FrameType.welcome, body: bodyOf(frame) });
    };
    expect(welcomed({})).toEqual({ kind: 'welcome', epoch: 5, protocol: oldest });
    expect(welcomed({ protocol: newest })).toEqual({ kind: 'welcome', epoch: 5, protocol: newest });
    for (const protocol of [oldest - 1, newest + 1, '4', null])
      expect(() => welcomed({ protocol })).toThrow(RangeError);
  });
});
