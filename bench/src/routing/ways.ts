import { balanced, join } from '@cachex/router';
import { hashKey, partitionOf } from '@cachex/router/hash';
import { temporaryFolder } from '../remote/temporary-folder.ts';

/** Does something with each of some keys; answers a number that depends on all of them, so that nothing is left out. */
export type Way = (keys: readonly string[]) => number;

const members = 10;
const partitions = 4_096;

function ownersOf(): readonly (string | null)[] {
  const list = Array.from({ length: members }, (_, n) => ({ id: `node-${n}`, weight: 1 }));
  return balanced().assign(list, partitions, new Array<null>(partitions).fill(null));
}

function hashAlone(): Way {
  return (keys) => {
    let mixed = 0;
    for (let n = 0; n < keys.length; n += 1) mixed ^= hashKey(keys[n]!);
    return mixed;
  };
}

/** As a call finds the node that it goes to. */
function hashAndOwner(): Way {
  const owners = ownersOf();
  return (keys) => {
    let mixed = 0;
    for (let n = 0; n < keys.length; n += 1) {
      const hash = hashKey(keys[n]!);
      mixed ^= hash;
      if (owners[partitionOf(hash, owners.length)] === null) mixed += 1;
    }
    return mixed;
  };
}

/** What users call to learn where a key is: an object with the owner, the backups and the epoch. */
async function nodeRoute(): Promise<Way> {
  const node = await join({ cluster: 'bench', directory: temporaryFolder().folder });
  return (keys) => {
    let mixed = 0;
    for (let n = 0; n < keys.length; n += 1) {
      const { partition, owner } = node.route(keys[n]!);
      mixed ^= partition;
      if (owner === null) mixed += 1;
    }
    return mixed;
  };
}

/** By name. */
export const ways = {
  'hash alone': hashAlone,
  'hash and owner': hashAndOwner,
  'node.route': nodeRoute,
} as const satisfies Record<string, () => Way | Promise<Way>>;

export type WayName = keyof typeof ways;
