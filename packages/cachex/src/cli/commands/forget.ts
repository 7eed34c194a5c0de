import type { Command } from '../command.ts';
import { checkMember } from '../members.ts';

export const forget: Command = {
  name: 'forget',
  about: 'take out a node that hangs or cannot be reached, and will not come back',
  details: [
    'Only if you know that it is gone: nobody else can. Copies of what it owned take over; what has none begins again, empty. A node that can be reached is refused, and one that is still running stops when it learns of it.',
  ],
  arguments: [{ name: 'node', about: 'the id of the node' }],
  options: [],
  joins: true,
  examples: ['forget a --cluster shop'],
  async run(given, { connect, output }) {
    const id = given.argument('node');
    const node = await connect();
    checkMember(node, id);
    await node.forget(id);
    output.result({ node: id, forgotten: true }, () => `'${id}' is forgotten`);
    return undefined;
  },
};
