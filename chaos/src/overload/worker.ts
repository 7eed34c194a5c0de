// A process of an overload run: a node that asks others, or is asked, as it is told. Started with a `Start` as its argument.
import { join } from 'cachex/cluster';
import { obey, send } from '../obey.ts';
import { type Pressed, Pressing, type Pressure } from './pressing.ts';
import { type Probes, probe } from './probing.ts';

/** What a process is started with. */
export interface Start {
  readonly id: string;
  readonly directory: string;
  /** 0: it only asks. */
  readonly weight: number;
  /** In ms. */
  readonly timeout: number;
  readonly limits: { readonly frame: number; readonly inFlight: number; readonly queued: number };
}

export interface Commands {
  /** How many of the cluster there are for this node, and how many partitions are to move. */
  status(): { readonly members: number; readonly moving: number; readonly unowned: number };
  /** Stores values of so many bytes under these keys. */
  fill(keys: readonly string[], bytes: number): void;
  /** Who owns each of these keys. */
  owners(keys: readonly string[]): (string | undefined)[];
  press(pressure: Pressure): void;
  /** Ends that. */
  release(): void;
  /** What has become of it by now. */
  pressed(): Pressed;
  probe(keys: readonly string[], ms: number): Probes;
  /** The memory of the process now, and at most since it was last asked, in bytes. */
  memory(): { readonly now: number; readonly most: number };
}

const { id, directory, weight, timeout, limits } = JSON.parse(process.argv[2]!) as Start;
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const node = await join({
  ...{ cluster: 'overload', id, directory, weight, timeout, limits, partitions: 256 },
  // A lease is half of it, and processes that share their processors wait for them, too.
  failureAfter: '10s',
  ...{ settle: '200ms', joinTimeout: '60s', logger: quiet },
});
const cache = node.cache<string, unknown>('load', {
  // Of hot keys and their loans there is enough elsewhere: here everything is asked of its owner.
  hotKeys: false,
  commands: {
    work: {
      type: 'read',
      execute: (_value: unknown, ms: number) => {
        const until = performance.now() + ms;
        while (performance.now() < until);
      },
    },
  },
});

let pressing: Pressing | undefined;
let most = 0;
setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss());
}, 50).unref();

const commands: { [C in keyof Commands]: (...args: Parameters<Commands[C]>) => unknown } = {
  status() {
    const { members, moving, unowned } = node.status();
    return { members: members.length, moving, unowned };
  },
  async fill(keys, bytes) {
    for (const key of keys) await cache.put(key, Buffer.alloc(bytes));
  },
  owners: (keys) => keys.map((key) => node.route(key).owner),
  press(pressure) {
    pressing = new Pressing(cache, pressure);
  },
  release: () => pressing!.stop(),
  pressed: () => pressing!.pressed,
  probe: (keys, ms) => probe(cache, keys, ms),
  memory() {
    const now = process.memoryUsage.rss();
    const found = { now, most: Math.max(most, now) };
    most = now;
    return found;
  },
};
obey(commands);
process.once('disconnect', () => process.exit(0));
await node.ready();
await send({ joined: id });
