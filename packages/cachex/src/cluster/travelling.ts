import type { Write } from '../local/writes.ts';
import type { WireForm } from './wire-form.ts';

/** A write of a transaction as it leaves this node: its value in bytes. */
export function travelling(values: WireForm, write: Write): Write {
  if (write[0] !== 'put') return write;
  const [what, hash, traits, kept, held] = write;
  return [what, hash, traits, kept, values.encoded(held)];
}
