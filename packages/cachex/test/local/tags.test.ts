import { hashKey, type Key, partitionOf } from '@cachex/router/hash';
import { describe, expect, it } from 'vitest';
import { Store } from '../../src/local/store.ts';
import { anyOf, TagIndex, tagList } from '../../src/local/tags.ts';
import { anEngine, anEntry, entryOf, insert } from './an-engine.ts';

const partitions = 16;
const partition = (key: Key): number => partitionOf(hashKey(key), partitions);

describe('the tags of an entry', () => {
  it('are each there once, and none is the same as no option', () => {
    expect(tagList('tags', ['a', 'b', 'a'])).toEqual(['a', 'b']);
    expect(tagList('tags', [])).toBeUndefined();
  });

  it('are compared with those that were invalidated', () => {
    expect(anyOf(['a', 'b'], new Set(['b']))).toBe(true);
    expect(anyOf(['a', 'b'], new Set(['c']))).toBe(false);
    expect(anyOf(undefined, new Set(['c']))).toBe(false);
    expect(anyOf(['a'], undefined)).toBe(false);
  });
});

describe('the index of tags', () => {
  it('finds the entries of a partition that carry a tag, until they are removed', () => {
    const index = new TagIndex(partitions);
    const [ada, bob] = [0, 1];
    index.add(ada, hashKey('ada'), ['users', 'all']);
    index.add(bob, hashKey('bob'), ['users']);
    expect(index.find(partition('ada'), 'all')).toEqual([ada]);
    expect(index.find(partition('bob'), 'users')).toContain(bob);
    expect(index.find(partition('bob'), 'all')).not.toContain(bob);
    index.remove(ada, hashKey('ada'), ['users', 'all']);
    expect(index.find(partition('ada'), 'users')).not.toContain(ada);
    expect(index.find(partition('ada'), 'all')).toEqual([]);
    index.clear(partition('bob'));
    expect(index.find(partition('bob'), 'users')).toEqual([]);
  });
});

describe('an engine', () => {
  it('takes a load for overtaken when more tags were invalidated meanwhile than it remembers', async () => {
    const { engine } = anEngine();
    let answer: (value: string) => void = () => {};
    const loading = engine.loads.fetch(engine, 'ada', hashKey('ada'), () => {
      return new Promise<string>((resolve) => {
        answer = resolve;
      });
    });
    for (let n = 0; n <= 1_000; n += 1) engine.invalidateTag(partition('ada'), `tag-${n}`);
    answer('loaded');
    expect(await loading).toBe('loaded');
    expect(engine.store.length).toBe(0);
  });

  it('forgets the tags of what it clears, expires and hands over', () => {
    const { engine, clock } = anEngine();
    const write = (key: Key, ttl: number | null): unknown =>
      engine.write(key, hashKey(key), key, ttl, { tags: ['t'] });
    write('ada', null);
    engine.clear(partition('ada'));
    write('bob', 10);
    clock.advance(10);
    engine.purge(partition('bob'));
    write('eve', null);
    engine.forget(partition('eve'));
    for (const key of ['ada', 'bob', 'eve']) expect(engine.invalidateTag(partition(key), 't')).toBe(0);
  });

  it('has the tags of a copy that it takes over, in place of its own', () => {
    const { engine } = anEngine({ partitions: 1 });
    const copy = new Store(1, true);
    // Each comes to the slot of one that was here, with other tags.
    for (const key of ['a', 'b']) engine.write(key, hashKey(key), key, null, { tags: ['here'] });
    insert(copy, anEntry('c'));
    insert(copy, anEntry('d', { tags: ['there'] }));
    engine.takeOver(0, copy);
    expect(engine.invalidateTag(0, 'here')).toBe(0);
    expect(engine.invalidateTag(0, 'there')).toBe(1);
    expect([entryOf(engine, 'c')?.value, entryOf(engine, 'd')]).toEqual(['c', undefined]);
  });

  it('does not take an entry for the one that was at its slot before', () => {
    const { engine, clock } = anEngine({ partitions: 1 });
    const gone: Record<string, (slot: number) => unknown> = {
      removed: (slot) => engine.remove(slot),
      evicted: (slot) => engine.evict(slot),
      expired: () => {
        clock.advance(10);
        engine.purge(0);
      },
      cleared: () => engine.clear(0),
      forgotten: () => engine.forget(0),
      invalidated: () => engine.invalidateTag(0, 't'),
    };
    for (const [how, go] of Object.entries(gone)) {
      const slot = engine.write(how, hashKey(how), how, 10, { tags: ['t'] });
      go(slot);
      expect([how, engine.write('next', hashKey('next'), how, null)]).toEqual([how, slot]);
      expect(engine.invalidateTag(0, 't')).toBe(0);
      expect(entryOf(engine, 'next')?.value).toBe(how);
      engine.discard('next', hashKey('next'));
    }
  });

  it('forgets the tags that another write does not bring', () => {
    const { engine } = anEngine({ partitions: 1 });
    engine.write('ada', hashKey('ada'), 1, null, { tags: ['t', 'u'] });
    engine.write('ada', hashKey('ada'), 2, null, { tags: ['u'] });
    expect(engine.invalidateTag(0, 't')).toBe(0);
    expect(entryOf(engine, 'ada')).toMatchObject({ value: 2, tags: ['u'] });
    expect(engine.invalidateTag(0, 'u')).toBe(1);
  });
});
