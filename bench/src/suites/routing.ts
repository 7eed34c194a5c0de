import { lineWith, wanted } from '../comparison.ts';
import type { KeyKind } from '../keys.ts';
import type { Line } from '../line.ts';
import { endHelper, nextMessage, startHelper } from '../remote/helper.ts';
import { measureInRotation, medians } from '../rounds.ts';
import { ours, properties, routers } from '../routing/tables.ts';
import type { WayName } from '../routing/ways.ts';
import type { SuiteOptions } from '../suite.ts';

const suite = 'routing';

/** Finding the owner of a key takes less than 1.3 times what hashing it takes. */
const target = 1 / 1.3;

const ways: readonly WayName[] = ['hash alone', 'hash and owner', 'node.route'];
const kinds = { brief: ['fresh'], full: ['fresh', 'reused'] } as const;
const sizes = { brief: [3, 10, 100], full: [3, 10, 30, 100, 300, 1_000] } as const;

interface WayRun {
  readonly way: WayName;
  readonly keys: KeyKind;
}

const identityOf = ({ way, keys }: WayRun): string => `${way}, ${keys}`;

/** What it takes to find the owner of a key, and what tables of owners are like. */
export async function* run(options: SuiteOptions): AsyncGenerator<Line> {
  yield* byKey(options);
  yield* byTable(options);
}

async function* byKey({ full, only, rounds, progress }: SuiteOptions): AsyncGenerator<Line> {
  const lines = (full ? kinds.full : kinds.brief).flatMap((keys) =>
    ways.slice(1).map((way) => ({
      case: `${way} of a key of 20 characters, ${keys} strings`,
      ...({ unit: 'ns/op', peerName: 'hash alone', target, way, keys } as const),
    })),
  );
  const chosen = lines.filter((line) => wanted(suite, line, only));
  const runs = [...new Set(chosen.map(({ keys }) => keys))].flatMap((keys) =>
    ways.map((way): WayRun => ({ way, keys })),
  );
  const figures = medians(
    await measureInRotation(runs, {
      ...{ rounds, identityOf, execute },
      progress: (round) => progress(`${suite}: round ${round + 1} of ${rounds}`),
    }),
  );
  for (const line of chosen) {
    const figure = (way: WayName): number => figures.get(identityOf({ way, keys: line.keys }))!;
    yield lineWith(suite, line, figure(line.way), figure('hash alone'));
  }
}

/** Measures it in a process of its own. */
async function execute({ way, keys }: WayRun): Promise<number> {
  const child = startHelper(new URL('../routing/child.js', import.meta.url), [way, keys]);
  try {
    return (await nextMessage<{ nanoseconds: number }>(child)).nanoseconds;
  } finally {
    await endHelper(child);
  }
}

function* byTable({ full, only }: SuiteOptions): Generator<Line> {
  for (const { name, unit, of } of properties) {
    for (const count of full ? sizes.full : sizes.brief) {
      for (const peer of routers()) {
        const line = { case: `${name}, ${count} nodes: balanced`, unit, peerName: peer.name };
        if (wanted(suite, line, only)) yield lineWith(suite, line, of(ours, count), of(peer, count));
      }
    }
  }
}
