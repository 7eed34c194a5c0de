import { EngineReplica } from '../../../../packages/cachex/dist/cluster/engine-replica.js';
import { Engine } from '../../../../packages/cachex/dist/local/engine.js';
import { byReference } from '../../../../packages/cachex/dist/local/value-form.js';
import { hashKey } from '../../../../packages/router/dist/hash.js';
import { Codec, Encoded } from '../../../../packages/router/dist/index.js';
import { Inflow } from '../../../../packages/router/dist/inflow.js';
import type { StreamMessage, Unit } from '../../../../packages/router/dist/replica-stream.js';
import { Services } from '../../../../packages/router/dist/services.js';
import { ManualClock } from '../../../../packages/router/dist/testing/index.js';
import { completeMoves } from '../../../../packages/router/dist/view.js';
import { Flaw, type Target } from '../target.ts';
import { aView } from './a-view.ts';

const codec = new Codec();
const clock = new ManualClock();
const partition = 2;
const service = 'cache:users';
const values = {
  ...byReference,
  answer: (held: unknown) => held,
  encoded: (held: unknown) => (held instanceof Encoded ? held : codec.encode(held)),
};

function engineReplica(): EngineReplica {
  const engine = new Engine({
    name: 'users',
    clock,
    random: () => 0.5,
    partitions: 16,
    values: byReference,
    ttl: null,
    expiration: { interval: 3_000, lazy: true, jitter: 0 },
    functions: {},
    stats: false,
  });
  return new EngineReplica(engine, values, codec, () => true);
}

function seed(...units: readonly Unit[]): Buffer {
  return Buffer.from(codec.encodeList(['a-1:1', 0, aView.epoch, units]));
}

/** A message by which the owner of partitions keeps copies of them at another node. */
export const replica: Target = {
  name: 'replica',
  seeds() {
    const [term, origin] = [aView.terms[partition]!, aView.origins[partition]!];
    const open: Unit = [['', partition, ['open', term, origin]]];
    const value = codec.encode({ born: 1815 });
    const hash = hashKey('ada');
    const write = ['write', 'ada', hash, value, 1, 5, 1_000, null, 0, ['tag']] as const;
    const changes: Unit[] = [
      [[service, partition, write]],
      [[service, partition, ['lapse', 'ada', hash]]],
      [[service, partition, ['remove', 'ada', hash]]],
      [[service, partition, ['load', 'ada', hash, 'a-1:5', 100, undefined]]],
      [[service, partition, ['warmer', 'warm', 'a-1:6', 5, true, false, undefined]]],
      [
        [service, partition, ['noLoads']],
        [service, partition, ['clear']],
      ],
    ];
    const synced: Unit = [['', partition, ['synced']]];
    return [
      seed(open, ...changes, synced),
      ...changes.map((change) => seed(open, change, synced)),
      seed([['', partition, ['attach', term, origin]]], [['', partition, ['close']]]),
    ];
  },
  run(bytes) {
    const services = new Services(clock);
    services.add(service, { handlers: {}, replica: engineReplica() });
    const inflow = new Inflow('b', services);
    inflow.follow(aView);
    const [stream, sequence, epoch, units] = codec.decodeList(bytes);
    const answer = inflow.take(aView, 'a', { stream, sequence, epoch, units } as StreamMessage);
    if (typeof answer !== 'string' && !Array.isArray(answer)) throw new Flaw('an answer that is none');
    inflow.follow(completeMoves(aView, [{ partition, from: 'a', to: 'b' }]));
    inflow.close();
  },
};
