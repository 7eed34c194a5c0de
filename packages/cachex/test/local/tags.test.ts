import { hashKey, type Key, partitionOf } from '@cachex/router/hash';
import { describe, expect, it } from 'vitest';
import { Store } from '../../src/local/store.ts';
import { anyOf, TagIndex, tagList } from '../../src/local/tags.ts';
import { anEngine, anEntry } from './an-engine.ts';

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
  const ada = anEntry('ada', { tags: ['users', 'all'] });
  const bob = anEntry('bob', { tags: ['users'] });

  it('finds the entries of a partition that carry a tag, until they are removed', () => {
    const index = new TagIndex(partitions);
    for (const entry of [ada, bob, anEntry('plain')]) index.add(entry);
    expect(index.find(partition('ada'), 'all')).toEqual([ada]);
    expect(index.find(partition('bob'), 'users')).toContain(bob);
    expect(index.find(partition('bob'), 'all')).not.toContain(bob);
    index.remove(ada);
    expect(index.find(partition('ada'), 'users')).not.toContain(ada);
    expect(index.find(partition('ada'), 'all')).toEqual([]);
    index.clear(partition('bob'));
    expect(index.find(partition('bob'), 'users')).toEqual([]);
  });

  it('is made anew of what a store has', () => {
    const index = new TagIndex(partitions);
    const store = new Store(partitions);
    index.add(ada);
    store.insert(bob);
    index.rebuild(partition('ada'), store);
    index.rebuild(partition('bob'), store);
    expect(index.find(partition('ada'), 'all')).toEqual([]);
    expect(index.find(partition('bob'), 'users')).toEqual([bob]);
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
});
