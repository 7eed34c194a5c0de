import { balanced, type Member, type View } from '../../../../packages/router/dist/index.js';
import { changeBackups, found, join } from '../../../../packages/router/dist/view.js';

const router = balanced();

function member(id: string): Member {
  return { id, incarnation: `${id}-1`, address: `unix:/tmp/${id}.sock`, weight: 1, opened: ['cache:users'] };
}

const founded = join(found('birth', 1, 16, member('a'), router), [member('b'), member('c')], router);
const settled: View = { ...founded, caches: { 'cache:users': { ttl: 1_000, limit: { size: 5 } } } };

/** A view of three nodes, of which `a` owns everything and `b` has a copy of one partition. */
export const aView: View = changeBackups(settled, new Map([[3, ['b']]]));
