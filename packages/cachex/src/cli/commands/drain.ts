import type { ClusterNode, View } from '../../cluster/index.ts';
import { Bar } from '../bar.ts';
import type { Command } from '../command.ts';
import { exitCodes, Failure } from '../failure.ts';
import { checkMember, viewWith } from '../members.ts';

/** How much longer than handing over the rest of leaving may take, in ms. */
const grace = 10_000;

export const drain: Command = {
  name: 'drain',
  about: 'empty a node, so that its process can be stopped and nothing is lost',
  details: [
    'It sets the weight of the node to 0 and waits until the node owns nothing and is nobody’s backup; reads and writes go on all the while. The node stays in the cluster, and what its process calls still works: stop it when you like, or give it its weight back.',
    'With --leave it is then told to leave. Calls of its process reject with CLOSED from then on.',
  ],
  arguments: [{ name: 'node', about: 'the id of the node' }],
  options: [
    { name: 'leave', about: 'then tell it to leave the cluster' },
    { name: 'within', value: 'duration', about: 'how long it may take; 1m unless set' },
  ],
  joins: true,
  examples: ['drain a --cluster shop', 'drain a --leave --within 5m'],
  async run(given, { connect, output, signal }) {
    const id = given.argument('node');
    const within = given.duration('within', 60_000);
    const node = await connect();
    checkMember(node, id);
    if (!node.nodes().some((member) => member.id !== id && member.weight > 0))
      throw new Failure(
        exitCodes.failed,
        'NO_HEIR',
        `nobody could take what '${id}' has: no other node has a weight`,
        {
          hint: 'start another node, or give one a weight: cachex weight <node> 1',
        },
      );
    const ending = AbortSignal.any([signal, AbortSignal.timeout(within + grace)]);
    const before = kept(node.view, id);
    await node.setWeight(0, { node: id });
    await emptied(node, id, before, {
      output,
      signal: AbortSignal.any([signal, AbortSignal.timeout(within)]),
    });
    if (given.flag('leave')) {
      await node.dismiss(id, { within });
      await viewWith(node, ({ members }) => members.every((member) => member.id !== id), ending);
    }
    const left = given.flag('leave');
    output.result({ node: id, moved: before, left }, () =>
      left
        ? `'${id}' has left; ${before} partitions and copies are with others`
        : `'${id}' is empty: its process can be stopped. To undo it: cachex weight ${id} 1`,
    );
    return undefined;
  },
};

/** How many partitions and copies of partitions a node has. */
function kept({ owners, backups }: View, id: string): number {
  const owned = owners.filter((owner) => owner === id).length;
  return owned + backups.filter((ids) => ids.includes(id)).length;
}

async function emptied(
  node: ClusterNode,
  id: string,
  before: number,
  { output, signal }: { output: ConstructorParameters<typeof Bar>[0]; signal: AbortSignal },
): Promise<void> {
  const bar = new Bar(output, before);
  const empty = (view: View): boolean => {
    const left = kept(view, id);
    bar.show(before - left, `${left} partitions and copies left at '${id}'`);
    return left === 0 && view.members.every((member) => member.id !== id || member.weight === 0);
  };
  try {
    await viewWith(node, empty, signal);
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw error;
    const left = kept(node.view, id);
    throw new Failure(
      exitCodes.failed,
      'TIMEOUT',
      `'${id}' still has ${left} of ${before} partitions and copies`,
      {
        hint: `they go on moving: run it again, or undo it: cachex weight ${id} 1`,
      },
    );
  } finally {
    bar.end();
  }
}
