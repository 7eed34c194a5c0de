import type { KeyKind } from '../keys.ts';
import { type NodeRuntime, newestNode } from '../newest-node.ts';
import type { Mix } from '../workload.ts';

/** What is measured of all candidates that can do it, in one rotation. */
export interface Setting {
  readonly mix: Mix;
  readonly keys: KeyKind;
  readonly entries: number;
  /** Default: the Node.js that runs this. */
  readonly node?: NodeRuntime;
}

/** The size that is measured without `--full`, and that targets are set for. */
export const standardEntries = 100_000;

const mixNames: Readonly<Record<Mix, string>> = {
  hit: 'get hit',
  miss: 'get miss',
  overwrite: 'put over an existing key',
  insert: 'insert with eviction',
  zipf: 'zipf mix 90/10',
};

const keyNames: Readonly<Record<KeyKind, string>> = {
  fresh: 'fresh strings',
  reused: 'reused strings',
  integer: 'integers',
};

const mixes = Object.keys(mixNames) as Mix[];
const keyKinds = Object.keys(keyNames) as KeyKind[];

/** How a setting is named in lines. */
export function nameOf({ mix, keys, entries, node }: Setting): string {
  const size = entries < 1_000_000 ? `${entries / 1_000} k` : `${entries / 1_000_000} M`;
  return [mixNames[mix], `${size} ${keyNames[keys]}`, ...(node === undefined ? [] : [node.name])].join(', ');
}

/** What is measured without `--full`. */
export const briefSettings: readonly Setting[] = [
  ...mixes.map((mix) => ({ mix, keys: 'fresh', entries: standardEntries }) as const),
  { mix: 'hit', keys: 'reused', entries: standardEntries },
];

/** What is measured with it. */
export function allSettings(): Setting[] {
  return [{}, { node: newestNode() }].flatMap((node) =>
    [10_000, standardEntries, 1_000_000].flatMap((entries) =>
      mixes.flatMap((mix) =>
        keyKinds
          // A key that is put for the first time was never used before.
          .filter((keys) => mix !== 'insert' || keys !== 'reused')
          .map((keys) => ({ mix, keys, entries, ...node })),
      ),
    ),
  );
}
