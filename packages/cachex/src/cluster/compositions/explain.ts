import { hashKey, type Key } from '@cachex/router/hash';
import { type Explanation, lifeOf } from '../../local/inspection.ts';
import type { Caller } from '../caller.ts';
import type { Composition } from '../composition.ts';

/** As the view in force at this node has it. */
export const explain: Composition<[key: Key, options: object | undefined]> = {
  applies: () => true,
  compose(caller, key): Explanation {
    const { node, engine } = caller;
    const { partition, owner, backups, epoch } = node.route(key);
    const { owners, terms, origins } = node.view;
    const hash = hashKey(key);
    const mine = owner === node.id;
    const here = mine ? 'owner' : backups.includes(node.id) ? 'backup' : 'nothing';
    const { live, remaining } = mine ? lifeOf(engine, key, hash) : { live: undefined, remaining: undefined };
    const [term, origin] = [terms[partition]!, origins[partition]!];
    const facts = { key, hash, partition, partitions: owners.length, owner, backups, epoch, term, origin };
    return { ...facts, here, live, remaining, why: inWords(caller, facts) };
  },
};

type Facts = Pick<
  Explanation,
  'hash' | 'partition' | 'partitions' | 'owner' | 'backups' | 'epoch' | 'term' | 'origin'
>;

function inWords({ node }: Caller, facts: Facts): string {
  const { hash, partition, partitions, owner, backups, epoch, term, origin } = facts;
  const which = `partition ${partition} is the hash ${hash} modulo ${partitions}`;
  const member = node.view.members.find(({ id }) => id === owner);
  if (member === undefined) return `${which}; nobody owns it in epoch ${epoch}`;
  const weights = node.view.members.reduce((sum, { weight }) => sum + weight, 0);
  const share = node.view.owners.filter((id) => id === owner).length;
  const copies = backups.length === 0 ? 'no other node has a copy' : `copies in sync: ${backups.join(', ')}`;
  return `${which}; '${owner}' owns it since epoch ${term}, as one of ${share} that its weight of ${member.weight} in ${weights} gives it; its data began in epoch ${origin}; ${copies}`;
}
