import { decodeView, encodeView } from '../../../../packages/router/dist/view-json.js';
import { Flaw, type Target } from '../target.ts';
import { aView } from './a-view.ts';

/** A view, as a store or another node tells it. */
export const view: Target = {
  name: 'view',
  seeds: () => [Buffer.from(encodeView(aView))],
  run(bytes) {
    const read = decodeView(bytes.toString());
    if (read.owners.length !== read.backups.length || read.owners.length > 65_536)
      throw new Flaw('a view that is not whole');
    const text = encodeView(read);
    if (encodeView(decodeView(text)) !== text) throw new Flaw('a view that changes when it is told on');
  },
};
