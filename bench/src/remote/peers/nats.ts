import { connect } from '@nats-io/transport-node';
import { pack, unpack } from 'msgpackr';
import { type RemoteCandidate, Unavailable } from '../client.ts';
import { startWorker } from '../helper.ts';
import { subjects } from '../nats-subjects.ts';

const responder = new URL('../nats-responder.js', import.meta.url);

export const candidates: readonly RemoteCandidate[] = [
  {
    ...{ name: 'NATS request/reply, msgpackr, tcp', link: 'tcp', onlySingle: true },
    async open({ nats }) {
      if (nats === undefined) throw new Unavailable('there is no nats-server');
      const { pid } = await startWorker(responder, [`${nats.port}`]);
      const connection = await connect({ servers: `127.0.0.1:${nats.port}` });
      return {
        pids: [nats.pid, pid],
        async get(key) {
          const { data } = await connection.request(subjects.get, key);
          return data.length === 0 ? undefined : unpack(data);
        },
        put: (key, value) => connection.request(subjects.put, pack([key, pack(value)])),
        putMany: (entries) =>
          connection.request(subjects.putMany, pack(entries.map(([key, value]) => [key, pack(value)]))),
        close: () => connection.close(),
      };
    },
  },
];
