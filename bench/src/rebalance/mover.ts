// The process that owns everything at first: `node mover.js <its part as JSON>`. It tells when it begins to move partitions, and
// what was moved once no more are to be.
import { takePart } from '../remote/cachex-node.ts';
import type { Started } from '../remote/helper.ts';

/** What was moved: how many bytes of copies, and how long that took, in ms. */
export interface Moved {
  readonly bytes: number;
  readonly ms: number;
}

export type Told = Started | { readonly began: true } | { readonly ended: Moved };

/** How often it looks, in ms. */
const glance = 10;

process.once('disconnect', () => process.exit());
const [, , part = ''] = process.argv;
const tell = (message: Told): void => void process.send!(message);

const { node } = await takePart(JSON.parse(part));
let [bytes, began, last] = [0, 0, 0];
node.on('moved', (event) => {
  bytes += event.bytes;
  last = performance.now();
});
const timer = setInterval(() => {
  const { moves, moving } = node.status();
  if (began === 0 && moves.length > 0) {
    began = performance.now();
    tell({ began: true });
  }
  if (began === 0 || last === 0 || moving > 0 || moves.length > 0) return;
  clearInterval(timer);
  tell({ ended: { bytes, ms: last - began } });
}, glance);
tell({ pid: process.pid });
