// The process that measures one candidate in one way: `node child.js <candidate> <measurement as JSON>` prints the figure.
import { measure } from './measurements/index.ts';
import { candidateOf } from './peers/index.ts';

const [, , name = '', measurement = ''] = process.argv;
const figure = await measure(await candidateOf(name), JSON.parse(measurement));
process.stdout.write(`${JSON.stringify({ figure })}\n`, () => process.exit());
