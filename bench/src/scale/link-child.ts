// The process that measures links: `node --expose-gc link-child.js <cachex|bare sockets> <count>` prints what they cost.
import { measureLinks } from './links.ts';

const [, , kind = '', count = ''] = process.argv;
if (kind !== 'cachex' && kind !== 'bare sockets') throw new Error(`there are no links of '${kind}'`);
const cost = await measureLinks(kind, Number(count));
process.stdout.write(`${JSON.stringify(cost)}\n`, () => process.exit());
