// A process whose node owns keys: `node cachex-owner.js <its part as JSON>`.
import { takePart } from './cachex-node.ts';
import type { Started } from './helper.ts';

process.once('disconnect', () => process.exit());
const [, , part = ''] = process.argv;
const tell = (message: Started): void => void process.send!(message);
try {
  await takePart(JSON.parse(part));
  tell({ pid: process.pid });
} catch (error) {
  tell({ failed: (error as Error).message });
}
