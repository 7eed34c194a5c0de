import { bodyOf } from '../../../../packages/router/dist/frame.js';
import { noticesFrame, readNotices } from '../../../../packages/router/dist/notices.js';
import type { Target } from '../target.ts';

/** What the owner of keys tells whoever keeps them near. */
export const notices: Target = {
  name: 'notices',
  seeds: () => [
    bodyOf(noticesFrame('cache:users', [1, 0xffffffff, 7])),
    bodyOf(noticesFrame('', [])),
    bodyOf(noticesFrame('x'.repeat(255), Array<number>(100).fill(5))),
  ],
  run: (bytes) => void readNotices(bytes),
};
