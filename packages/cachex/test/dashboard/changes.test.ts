import type { Member, View } from '@cachex/router';
import { describe, expect, it } from 'vitest';
import { describeChange } from '../../src/dashboard/changes.ts';

function member(id: string, more: Partial<Member> = {}): Member {
  return { id, incarnation: `${id}-1`, address: `memory:${id}`, weight: 1, opened: [], ...more };
}

const electorate = { epoch: 1, incarnations: [] } as unknown as View['electorate'];

function view(more: Partial<View>): View {
  const owners = more.owners ?? ['a', 'a', 'a', 'a'];
  return {
    ...{ birth: 'one', epoch: 1, members: [member('a'), member('b')], owners },
    ...{ backups: owners.map(() => []), redundancy: 0, failureAfter: 5_000 },
    ...{ terms: owners.map(() => 1), origins: owners.map(() => 1), fenced: [] },
    ...{ electorate, former: electorate, caches: {} },
    ...more,
  };
}

describe('a change of the view, in words', () => {
  it('says who came, who went, and whose process is another', () => {
    const before = view({ members: [member('a'), member('b'), member('c')] });
    const members = [member('a'), member('c', { incarnation: 'c-2' }), member('d', { weight: 2 })];
    expect(describeChange(before, view({ members }))).toEqual([
      'c came back as a new process',
      'd joined, weight 2',
      'b is gone',
    ]);
    expect(describeChange(view({ members: [] }), view({ members: [member('cli', { weight: 0 })] }))).toEqual([
      'cli joined, to own nothing',
    ]);
  });

  it('says who changed its weight and who opened what', () => {
    const members = [member('a', { weight: 0, opened: ['users'] }), member('b', { opened: ['orders'] })];
    const next = view({ members, caches: { users: {}, orders: {} } });
    expect(describeChange(view({ caches: { users: {} } }), next)).toEqual([
      'a: weight 1 → 0',
      'a opened ‘users’',
      'b opened ‘orders’, the first to do so',
    ]);
  });

  it('counts partitions by where they were and where they are', () => {
    const before = view({ owners: ['a', 'a', 'c', null] });
    expect(describeChange(before, view({ owners: ['b', 'b', 'a', 'b'] }))).toEqual([
      '2 partitions: a → b',
      '1 partition of c, which is gone: now of a',
      '1 partition that nobody owned: now of b',
    ]);
    expect(describeChange(before, view({ owners: ['a', 'a', null, null] }))).toEqual([
      '1 partition of c: nobody owns them now',
    ]);
  });

  it('counts copies', () => {
    const before = view({ backups: [['b'], ['b'], [], []] });
    expect(describeChange(before, view({ backups: [['b'], [], ['b'], ['b']] }))).toEqual([
      'copies: 2 added, 1 dropped',
    ]);
  });

  it('says so when it shows nothing of it, or when everything is another', () => {
    expect(describeChange(view({}), view({ epoch: 2 }))).toEqual(['nothing that is shown here']);
    const settled = { ...electorate, epoch: 2 };
    expect(describeChange(view({}), view({ electorate: settled }))).toEqual([
      'who grants leases was settled anew',
    ]);
    expect(describeChange(view({}), view({ birth: 'two', members: [] }))).toEqual([
      'the cluster was founded anew',
    ]);
  });
});
