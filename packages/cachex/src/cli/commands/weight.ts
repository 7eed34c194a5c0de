import type { Command } from '../command.ts';
import { usage } from '../failure.ts';
import { checkMember } from '../members.ts';

export const weight: Command = {
  name: 'weight',
  about: 'give a node another share of the keys',
  details: ['Entries move while they are served; `cachex status` shows how many have yet to.'],
  arguments: [
    { name: 'node', about: 'the id of the node' },
    { name: 'weight', about: 'its share, relative to the weights of the others; 0 for none' },
  ],
  options: [],
  joins: true,
  examples: ['weight a 2 --cluster shop'],
  async run(given, { connect, output }) {
    const id = given.argument('node');
    const text = given.argument('weight');
    const wanted = Number(text);
    if (text.trim() === '' || !(wanted >= 0 && wanted <= 1e6))
      throw usage(
        `weight: '${text}' is not a number from 0 to 1,000,000`,
        'the others have 1 unless they were given one',
      );
    const node = await connect();
    checkMember(node, id);
    await node.setWeight(wanted, { node: id });
    output.result({ node: id, weight: wanted }, () => `the weight of '${id}' is ${wanted}`);
    return undefined;
  },
};
