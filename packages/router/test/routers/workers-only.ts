import type { Router } from '../../src/router.ts';
import { balanced } from '../../src/routers/balanced.ts';

const even = balanced();

/** The custom router of docs/routers.md. */
export const workersOnly: Router = {
  name: 'workers only',
  assign(members, partitions, previous) {
    const workers = members.filter(({ id, weight }) => id.startsWith('worker-') && weight > 0);
    return even.assign(workers.length > 0 ? workers : members, partitions, previous);
  },
};
