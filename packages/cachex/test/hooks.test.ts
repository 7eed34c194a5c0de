import { afterAll, describe, expect, it } from 'vitest';
import type { Call, Hook, HookOutcome } from '../src/index.ts';
import { manyKeys } from './keys.ts';
import { settle } from './local/an-engine.ts';
import { itSteadily, type Options, setUps } from './set-ups.ts';

interface Told {
  readonly node: number;
  readonly call: Call;
  readonly outcome: HookOutcome | undefined;
}

/** A hook of each kind at each node, and what they were told. */
function listening(more: Options = {}): {
  before: Told[];
  after: Told[];
  options: (node: number) => Options;
} {
  const before: Told[] = [];
  const after: Told[] = [];
  const hook = (type: 'pre' | 'post', list: Told[], node: number): Hook => ({
    type,
    notify: (call, outcome) =>
      void list.push({ node, call: { ...call } as Call, outcome: outcome as HookOutcome }),
  });
  return {
    before,
    after,
    options: (node) => ({ ...more, hooks: [hook('pre', before, node), hook('post', after, node)] }),
  };
}

describe.each(setUps)('hooks $name', (setUp) => {
  afterAll(() => setUp.close());

  itSteadily(setUp, 'are told of each call once, where it is executed, as it was made', async () => {
    const { before, after, options } = listening();
    const { cache, stranger, everywhere, owner } = await setUp.open(options);
    const value = { name: 'Ada', tags: new Set(['a']) };
    await stranger('ada').put('ada', value, { ttl: '5m' });
    await stranger('ada').get('ada', { default: 1 });
    await owner('ada').del('ada');
    const at = everywhere.indexOf(owner('ada'));
    const calls = [
      { action: 'put', args: ['ada', value, { ttl: 300_000 }] },
      { action: 'get', args: ['ada'] },
      { action: 'del', args: ['ada'] },
    ];
    expect(before).toEqual(calls.map((call) => ({ node: at, call, outcome: undefined })));
    const outcomes = [{ value: undefined }, { value }, { value: true }];
    expect(after).toEqual(calls.map((call, n) => ({ node: at, call, outcome: outcomes[n] })));
    await cache.get('bob');
    expect(after.at(-1)).toMatchObject({
      call: { action: 'get', args: ['bob'] },
      outcome: { value: undefined },
    });
  });

  itSteadily(setUp, 'know actions by their own names, and not what they do inside', async () => {
    const { after, options } = listening();
    const { cache } = await setUp.open(options);
    await cache.set('n', 1);
    await cache.decr('n');
    await cache.expireAt('n', 2_000_000_000_000);
    await cache.has('n');
    await cache.delete('n');
    expect(after.map(({ call }) => call.action)).toEqual(['put', 'decr', 'expireAt', 'exists', 'del']);
    expect(after[1]?.call.args).toEqual(['n', 1]);
  });

  itSteadily(setUp, 'are told of a call about all entries at each node that executes it', async () => {
    const { before, after, options } = listening();
    const { cache } = await setUp.open(options);
    for (const key of manyKeys) await cache.put(key, 1);
    after.length = 0;
    before.length = 0;
    expect(await cache.clear()).toBe(manyKeys.length);
    expect(after.map(({ node }) => node).sort()).toEqual(Array.from({ length: setUp.nodes }, (_, n) => n));
    expect(before).toHaveLength(setUp.nodes);
    const removed = after.map(({ outcome }) => (outcome as { value: number }).value);
    expect(removed.reduce((sum, one) => sum + one, 0)).toBe(manyKeys.length);
  });

  itSteadily(setUp, 'are told the error of a call that fails, and of no call that is refused', async () => {
    const { after, options } = listening();
    const { cache } = await setUp.open(options);
    await cache.put('text', 'text');
    await expect(cache.incr('text')).rejects.toMatchObject({ code: 'NON_NUMERIC_VALUE' });
    expect(after.at(-1)?.outcome).toMatchObject({ error: { code: 'NON_NUMERIC_VALUE' } });
    await expect(cache.incr('text', 1.5)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(cache.get({} as never)).rejects.toMatchObject({ code: 'INVALID_KEY' });
    expect(after).toHaveLength(2);
  });

  itSteadily(setUp, 'are told of a call that waits when it has ended', async () => {
    const { before, after, options } = listening({ functions: { load: async () => 'loaded', fail: fails } });
    const { cache } = await setUp.open(options);
    expect(await cache.fetch('ada', 'load')).toBe('loaded');
    await expect(cache.fetch('bob', 'fail')).rejects.toThrow('no');
    expect(before.map(({ call }) => call.args)).toEqual([
      ['ada', 'load'],
      ['bob', 'fail'],
    ]);
    expect(after.map(({ outcome }) => outcome)).toEqual([
      { value: 'loaded' },
      { error: expect.objectContaining({ message: 'no' }) },
    ]);
  });

  it('change nothing when they throw', async () => {
    const errors: unknown[] = [];
    const hook = (name: string, type: 'pre' | 'post', more: Partial<Hook> = {}): Hook =>
      ({
        name,
        type,
        notify() {
          throw new Error(name);
        },
        ...more,
      }) as Hook;
    const hooks = [
      hook('before', 'pre'),
      hook('after', 'post'),
      hook('later', 'post', { notify: fails }),
      hook('beside', 'post', { async: true }),
      hook('beside, later', 'post', { async: true, notify: fails }),
    ];
    const { cache, everywhere } = await setUp.open({ hooks });
    for (const one of everywhere) {
      await (one as unknown as { on(event: string, listener: (error: unknown) => void): Promise<void> }).on(
        'error',
        (error) => errors.push((error as Error).message),
      );
    }
    await cache.put('ada', 1);
    expect(await cache.get('ada')).toBe(1);
    await settle();
    if (setUp.steady) {
      const each = ['after', 'before', 'beside', 'no', 'no'];
      expect(errors.sort()).toEqual([...each, ...each].sort());
    }
  });

  itSteadily(setUp, 'that never end hold no call up', async () => {
    let begun = 0;
    const forever = (): Promise<void> => {
      begun += 1;
      return new Promise(() => {});
    };
    const hooks: Hook[] = [
      { type: 'post', notify: forever },
      { type: 'pre', async: true, notify: forever },
    ];
    const { cache } = await setUp.open({ hooks });
    await cache.put('ada', 1);
    expect(await cache.get('ada')).toBe(1);
    expect(begun).toBe(3);
  });
});

async function fails(): Promise<never> {
  throw new Error('no');
}
