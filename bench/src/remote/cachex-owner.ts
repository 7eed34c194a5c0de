// A process whose node owns keys: `node cachex-owner.js <options of join as JSON>`.
import { openNode } from './cachex-node.ts';

process.once('disconnect', () => process.exit());
const [, , options = ''] = process.argv;
await openNode(JSON.parse(options));
process.send!('ready');
