import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Codec } from '../src/codec.ts';
import type { Encoded } from '../src/encoded.ts';
import { RouterError } from '../src/errors.ts';

const codec = new Codec();

function travelled(value: unknown): unknown {
  return codec.decode(codec.encode(value));
}

function listed(...values: unknown[]): unknown[] {
  return codec.decodeList(codec.encodeList(values));
}

const bytes = fc.uint8Array({ maxLength: 40 });

/** The elements of a typed array, over every bit pattern but those of NaN, which all come back as one NaN. */
const typedArrays = fc.oneof(
  fc.int8Array(),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);

const regExps = fc
  .tuple(fc.constantFrom('a', '^\\/x$', '[\\]]', '(?<n>ü)', ''), fc.subarray([...'dgimsuy']))
  .map(([source, flags]) => new RegExp(source, flags.join('')));

const scalars = fc.oneof(
  fc.constantFrom(undefined, null, true, false, Number.NaN, Infinity, -Infinity),
  fc.double().map((number) => (Object.is(number, -0) ? 0 : number)),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 2000n), max: 2n ** 2000n }),
  fc.constantFrom(63n, 64n, 71n, 72n, 1024n).map((bits) => -(2n ** bits)),
  fc.string({ unit: 'grapheme' }),
  fc.date({ noInvalidDate: false }),
  regExps,
  typedArrays,
  bytes.map((each) => Buffer.from(each)),
  bytes.map((each) => each.slice().buffer),
  bytes.map((each) => new DataView(each.slice().buffer)),
  fc.string({ unit: 'grapheme' }).map((message) => new TypeError(message, { cause: 'a cause' })),
);

const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__');

const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(names, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    fc.array(tie('value'), { maxLength: 4 }).map((elements) => new Set(elements)),
  ),
})).value;

describe('what a codec keeps', () => {
  it('is any value of the types it promises', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(travelled(value)).toStrictEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the same for arguments', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 4 }), (list) => {
        expect(listed(...list)).toStrictEqual(list);
      }),
      { numRuns: 500 },
    );
  });

  it('is the exact class of a sequence of bytes', () => {
    const Classes = [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
    ];
    const more = [Float32Array, Float64Array, BigInt64Array, BigUint64Array, Buffer, ArrayBuffer, DataView];
    for (const Class of [...Classes, ...more]) {
      const value =
        Class === Buffer
          ? Buffer.alloc(8, 7)
          : Class === DataView
            ? new DataView(new ArrayBuffer(8))
            : new (Class as typeof Uint8Array)(8);
      expect((travelled(value) as object).constructor).toBe(Class);
      expect(travelled(value)).toStrictEqual(value);
    }
  });

  it('is a view of a part of a buffer, without the rest', () => {
    const whole = new ArrayBuffer(64);
    expect(travelled(new Uint16Array(whole, 2, 3))).toStrictEqual(new Uint16Array(3));
    expect((travelled(new DataView(whole, 3, 5)) as DataView).byteLength).toBe(5);
  });

  it('is the class, message and cause of an error', () => {
    for (const Class of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
      const error = travelled(new Class('oh', { cause: new Error('why') })) as Error;
      expect(Object.getPrototypeOf(error)).toBe(Class.prototype);
      expect(error).toMatchObject({ message: 'oh', cause: { message: 'why' } });
    }
  });

  it('is the name of an error of an own class', () => {
    class OddError extends Error {
      override readonly name = 'OddError';
    }
    expect(travelled([new OddError('odd')])).toMatchObject([{ name: 'OddError', message: 'odd' }]);
  });

  it('is which values are one and the same', () => {
    const shared = { name: 'shared' };
    const [first, { inside }, map] = travelled([shared, { inside: shared }, new Map([[shared, shared]])]) as [
      object,
      { inside: object },
      Map<object, object>,
    ];
    expect(inside).toBe(first);
    expect(map.get(first)).toBe(first);
  });

  it('is cycles through arrays, objects, maps, sets and errors', () => {
    interface Ring {
      list: unknown[];
      map: Map<string, unknown>;
      set: Set<unknown>;
      error: Error;
    }
    const ring = { list: [], map: new Map(), set: new Set() } as unknown as Ring;
    ring.error = new Error('round', { cause: ring });
    ring.list.push(ring, ring.list);
    ring.map.set('ring', ring).set('map', ring.map);
    ring.set.add(ring).add(ring.set);
    for (const copy of [travelled(ring), listed(ring)[0]] as Ring[]) {
      expect(copy.list[0]).toBe(copy);
      expect(copy.list[1]).toBe(copy.list);
      expect(copy.map.get('ring')).toBe(copy);
      expect(copy.map.get('map')).toBe(copy.map);
      expect([...copy.set]).toEqual([copy, copy.set]);
      expect(copy.error.cause).toBe(copy);
    }
  });

  it('is an array that holds itself, as an argument', () => {
    const list: unknown[] = [];
    list.push(list);
    const [copy] = listed(list) as [unknown[]];
    expect(copy[0]).toBe(copy);
  });

  it('is nesting to 200 levels, and deeper values are refused', () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 'bottom';
      for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
      return value;
    };
    expect(travelled(nested(200))).toStrictEqual(nested(200));
    expect(() => codec.encode(nested(300))).toThrow(/deeper than 200 levels/);
    expect(() => codec.encodeList([nested(20_000)])).toThrow(/deeper than 200 levels/);
  });

  it('is every key that an object can have but one', () => {
    const value = Object.fromEntries(
      ['', ' ', '0', 'constructor', 'toString', 'hasOwnProperty', 'length', 'ключ'].map((name) => [
        name,
        name,
      ]),
    );
    expect(travelled(value)).toStrictEqual(value);
  });
});

describe('what a codec loses', () => {
  it('is the sign of -0', () => {
    expect(Object.is(travelled(-0), 0)).toBe(true);
    expect(Object.is((travelled([-0]) as number[])[0], 0)).toBe(true);
  });

  it('is holes of arrays, which become undefined', () => {
    // biome-ignore lint/suspicious/noSparseArray: it is what is tested.
    const copy = travelled([1, , 3]) as unknown[];
    expect(copy).toStrictEqual([1, undefined, 3]);
    expect(1 in copy).toBe(true);
  });

  it('is lone surrogates, which become U+FFFD', () => {
    expect(travelled('a\ud800b')).toMatch(/^a\ufffd+b$/);
    expect(travelled('\u{1f600}')).toBe('\u{1f600}');
  });

  it('is the name of an own key __proto__, without harm to anybody', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true},"a":1}');
    const copy = travelled(value) as Record<string, unknown>;
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.entries(copy)).toEqual([
      ['__proto_', { polluted: true }],
      ['a', 1],
    ]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('is properties named by symbols', () => {
    expect(travelled({ [Symbol('hidden')]: 1, seen: 2 })).toStrictEqual({ seen: 2 });
  });

  it('is the stack and the own properties of an error inside a value', () => {
    const error = Object.assign(new Error('oh'), { code: 'E_OH' });
    const copy = travelled({ error }) as { error: Error & { code?: string } };
    expect(copy.error.message).toBe('oh');
    expect(copy.error.code).toBeUndefined();
  });
});

class Point {
  readonly x = 1;
}
class Words extends Array<string> {}
class Moment extends Date {}
class Blob8 extends Uint8Array {}

const unfit: [what: string, value: unknown][] = [
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a promise (await it first)', Promise.resolve(1)],
  ['a weak collection', new WeakMap()],
  ['a weak collection', new WeakSet()],
  ['a weak collection', new WeakRef({})],
  ['an instance of Point', new Point()],
  ['an instance of Words', new Words()],
  ['an instance of Moment', new Moment()],
  ['an instance of Blob8', new Blob8(2)],
  ['an instance of Number', Object(1)],
  ['an instance of SharedArrayBuffer', new SharedArrayBuffer(2)],
  ['an instance of AggregateError', new AggregateError([], 'many')],
  ['an instance of Error', Object.assign(new Error('odd'), { name: 'toString' })],
];

const places: [where: string, path: string | undefined, put: (value: unknown) => unknown][] = [
  ['by itself', undefined, (value) => value],
  ['in an array', '[1]', (value) => [0, value]],
  ['in an object', 'a', (value) => ({ a: value })],
  ['far inside', 'a.b[0].c', (value) => ({ a: { b: [{ c: value }] } })],
  ['as a key of a map', 'm.keys()', (value) => ({ m: new Map([[value, 1]]) })],
  ['as a value of a map', 'm.get(k)', (value) => ({ m: new Map([['k', value]]) })],
  ['in a set', '[0].values()', (value) => [new Set([value])]],
  ['as the cause of an error', 'e.cause', (value) => ({ e: new Error('e', { cause: value }) })],
];

describe('what a codec refuses', () => {
  for (const [where, path, put] of places) {
    it(`is named with its path ${where}`, () => {
      for (const [what, value] of unfit) {
        const place = path === undefined ? 'the value itself' : `the value at '${path}'`;
        for (const encode of [() => codec.encode(put(value)), () => codec.encodeList([1, put(value)])]) {
          expect(encode).toThrow(RouterError);
          expect(encode).toThrow(expect.objectContaining({ code: 'NOT_SERIALIZABLE' }));
          expect(encode).toThrow(
            expect.objectContaining({ message: expect.stringContaining(`${place} is ${what}`) }),
          );
        }
      }
    });
  }

  it('includes what cannot be read', () => {
    const value = {
      list: [
        {
          get broken() {
            throw new Error('no such luck');
          },
        },
      ],
    };
    expect(() => codec.encode(value)).toThrow(
      expect.objectContaining({
        code: 'NOT_SERIALIZABLE',
        message: "the value at 'list[0].broken' cannot be read: no such luck",
      }),
    );
    const locked = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('locked');
        },
      },
    );
    expect(() => codec.encode([locked])).toThrow(expect.objectContaining({ code: 'NOT_SERIALIZABLE' }));
  });

  it('never spoils what is encoded next', () => {
    let reads = 0;
    const shared = { shared: true };
    const fickle = {
      before: [shared, shared, new Map([[shared, 'x'.repeat(500)]])],
      get late() {
        reads += 1;
        if (reads % 2 === 0) throw new Error('only once');
        return 1;
      },
    };
    const bad = [fickle, { f: () => 1 }, [Symbol('s')], new Map([[{}, new Point()]])];
    fc.assert(
      fc.property(values, fc.constantFrom(...bad), (good, spoiler) => {
        expect(() => codec.encode(spoiler)).toThrow(RouterError);
        expect(travelled(good)).toStrictEqual(good);
        expect(() => codec.encodeList([good, spoiler])).toThrow(RouterError);
        expect(listed(good)).toStrictEqual([good]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('lists of arguments', () => {
  it('leave encoded values as they are, alone and inside lists', () => {
    const encoded = [codec.encode({ a: 1 }), codec.encode(undefined), codec.encode([new Set([1])])];
    const list = [encoded[0], ['k', encoded[1], [encoded[2], undefined]], [1, 2], undefined];
    expect(listed(...list)).toEqual(list);
  });

  it('may nest lists of encoded values five deep and no deeper, so that what is sent can be read', () => {
    const encoded = codec.encode(1);
    expect(listed([[[[encoded]]]])).toEqual([[[[[encoded]]]]]);
    expect(() => codec.encodeList([[[[[[encoded]]]]]])).toThrow(
      expect.objectContaining({ code: 'NOT_SERIALIZABLE' }),
    );
    expect(() => codec.encodeList([{ a: encoded }])).toThrow("'a' is an instance of Encoded");
  });

  it('may hold themselves beside an encoded value without end, and are refused', () => {
    const list: unknown[] = [codec.encode(1)];
    list.push(list);
    expect(() => codec.encodeList([list])).toThrow(expect.objectContaining({ code: 'NOT_SERIALIZABLE' }));
  });

  it('do not keep alive the frame they came in', () => {
    const frame = Buffer.concat([
      Buffer.alloc(4096),
      codec.encodeList([
        codec.encode('kept'),
        Buffer.from('copied'),
        new Uint16Array(3),
        { a: new ArrayBuffer(5) },
      ]),
    ]);
    const [encoded, buffer, typed, { a }] = codec.decodeList(frame.subarray(4096)) as [
      Encoded,
      Buffer,
      Uint16Array,
      { a: ArrayBuffer },
    ];
    // A text is nobody's view.
    expect(typeof encoded.content).toBe('string');
    expect(buffer.buffer.byteLength).toBe(6);
    expect(typed.buffer.byteLength).toBe(6);
    expect(a.byteLength).toBe(5);
    const [large] = codec.decodeList(codec.encodeList([codec.encode('x'.repeat(10_000))])) as [Encoded];
    expect(large.bytes.buffer.byteLength).toBe(large.length);
  });

  it('leave no mark on encoded bytes that are decoded', () => {
    const encoded = codec.encode({ a: 1 });
    codec.decode(encoded);
    expect(Reflect.ownKeys(encoded.bytes)).toEqual(Reflect.ownKeys(new Uint8Array(encoded.bytes)));
  });
});

describe('bytes that no codec wrote', () => {
  const valid = fc.array(values, { maxLength: 4 }).map((list) => codec.encodeList(list));

  it('are refused when they are cut short', () => {
    fc.assert(
      fc.property(valid, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (whole, part) => {
        const cut = whole.subarray(0, Math.floor(whole.length * part));
        expect(() => codec.decodeList(cut)).toThrow(Error);
      }),
      { numRuns: 1_500 },
    );
  });

  it('are refused when something follows', () => {
    expect(() => codec.decodeList(Buffer.concat([codec.encodeList([1]), Buffer.of(0)]))).toThrow(
      'after the last',
    );
  });

  const answersOrThrows = (decode: () => unknown): void => {
    try {
      decode();
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
    expect(travelled({ still: ['well'] })).toEqual({ still: ['well'] });
  };

  it('never hang, whatever they are', () => {
    const random = fc.uint8Array({ maxLength: 200 });
    const part = random.map((body) => Buffer.concat([Buffer.of(0, 0, 0, 1, 1), u32(body.length), body]));
    fc.assert(
      fc.property(fc.oneof(random, part), (noise) => answersOrThrows(() => codec.decodeList(noise))),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(valid, fc.nat(), fc.nat(255), (whole, at, byte) => {
        const changed = Buffer.from(whole);
        changed[at % changed.length] = byte;
        answersOrThrows(() => codec.decodeList(changed));
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(random, (noise) => answersOrThrows(() => codec.decodeError(noise))),
      { numRuns: 1_000 },
    );
  });

  it('allocate nothing that they merely claim', () => {
    const claims = [
      Buffer.of(0xff, 0xff, 0xff, 0xff),
      Buffer.of(0, 0, 0, 1, 1, 0xff, 0xff, 0xff, 0xff),
      ...[0xdd, 0xdf, 0xc6, 0xdb].map((mark) =>
        Buffer.concat([Buffer.of(0, 0, 0, 1, 1), u32(5), Buffer.of(mark, 0x7f, 0xff, 0xff, 0xff)]),
      ),
      Buffer.concat([Buffer.of(0, 0, 0, 1, 1), u32(6), Buffer.of(0xc9, 0x7f, 0xff, 0xff, 0xff, 0x74)]),
    ];
    const before = process.memoryUsage().rss;
    for (const claim of claims) expect(() => codec.decodeList(claim)).toThrow(Error);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
  });

  it('are refused when they are nested without end', () => {
    const nested = Buffer.alloc(1024 * 1024, 0x91);
    expect(() =>
      codec.decodeList(Buffer.concat([Buffer.of(0, 0, 0, 1, 1), u32(nested.length), nested])),
    ).toThrow(RangeError);
    const lists = Buffer.concat(Array.from({ length: 8 }, () => Buffer.of(0, 0, 0, 1, 3)));
    expect(() => codec.decodeList(lists)).toThrow('nested too deeply');
  });
});

describe('errors across the wire', () => {
  const thrown = (error: unknown): unknown => codec.decodeError(codec.encodeError(error));

  it('keep name, message, stack, code and what can be sent of their properties', () => {
    const error = Object.assign(new Error('oh'), {
      code: 'E_OH',
      details: { list: [1n, new Map([['a', 1]])] },
      socket: () => 1,
      point: new Point(),
    });
    error.name = 'OhError';
    const copy = thrown(error) as Error;
    expect(copy).toBeInstanceOf(Error);
    expect(copy.stack).toBe(error.stack);
    expect(copy).toMatchObject({ name: 'OhError', message: 'oh' });
    expect(Object.entries(copy)).toEqual([
      ['code', 'E_OH'],
      ['details', { list: [1n, new Map([['a', 1]])] }],
    ]);
  });

  it('keep a class that is built in', () => {
    for (const Class of [TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, Error]) {
      expect(Object.getPrototypeOf(thrown(new Class('x')))).toBe(Class.prototype);
    }
    expect(thrown(new RouterError('TIMEOUT', 'late'))).toMatchObject({
      name: 'RouterError',
      code: 'TIMEOUT',
    });
  });

  it('keep the chain of causes, as far as it is reasonable', () => {
    const error = new Error('top', { cause: new TypeError('middle', { cause: { plain: 'bottom' } }) });
    expect(thrown(error)).toMatchObject({
      message: 'top',
      cause: { name: 'TypeError', message: 'middle', cause: { plain: 'bottom' } },
    });
    const ring = new Error('ring');
    ring.cause = ring;
    expect(thrown(ring)).toMatchObject({ message: 'ring', cause: { cause: { message: 'ring' } } });
  });

  it('keep the errors of an AggregateError', () => {
    const error = thrown(new AggregateError([new TypeError('a'), 'b'], 'many'));
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject({ message: 'many', errors: [{ name: 'TypeError', message: 'a' }, 'b'] });
    const ring = new AggregateError([], 'ring');
    ring.errors.push(...new Array(20).fill(ring));
    expect(thrown(ring)).toMatchObject({ message: 'ring' });
  });

  it('keep what is no error', () => {
    for (const value of [undefined, null, 0, 'text', { a: [1] }, new Map([[1, 2]]), Number.NaN]) {
      expect(thrown(value)).toStrictEqual(value);
    }
    expect(thrown(Symbol('s'))).toBe('Symbol(s)');
    expect(thrown(new Point())).toBe('[object Object]');
  });

  it('are told somehow even if nothing about them can be read', () => {
    const fail = (): never => {
      throw new Error('unreadable');
    };
    const broken = Object.defineProperties(new Error('x'), { message: { get: fail }, name: { get: fail } });
    expect(thrown(broken)).toMatchObject({ message: 'what was thrown cannot be described' });
    const untold = { toString: fail, point: new Point() };
    expect(thrown(untold)).toMatchObject({ message: 'what was thrown cannot be described' });
    const getter = Object.defineProperty(new Error('told'), 'secret', { get: fail, enumerable: true });
    expect(Object.keys(thrown(getter) as Error)).toEqual([]);
    expect(thrown(getter)).toMatchObject({ message: 'told' });
    expect(thrown(Object.assign(new Error(), { message: undefined }))).toMatchObject({
      message: 'undefined',
    });
  });

  it('drop properties that fail only when they are sent', () => {
    let reads = 0;
    const details = {
      get once() {
        reads += 1;
        if (reads > 2) throw new Error('no more');
        return 1;
      },
    };
    expect(thrown(Object.assign(new Error('told'), { details }))).toMatchObject({ message: 'told' });
  });
});

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}
