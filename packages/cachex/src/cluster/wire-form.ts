import { Encoded, type RoutedNode } from '@cachex/router';
import { CacheError } from '../errors.ts';
import { byReference, type ValueForm } from '../local/value-form.ts';

/** Values as bytes: encoded once by the caller, kept by the owner as they came, and decoded once by the reader. */
export interface WireForm extends ValueForm {
  /** A held value as an answer: in bytes, unless this node is alone and it was held by reference. */
  answer(held: unknown): unknown;
  /** A held value in bytes, as it leaves this node. */
  encoded(held: unknown): Encoded;
}

/**
 * The form of values in a clustered cache. While a node is alone it skips encoding and holds values by reference; what
 * it held then is encoded when it first leaves or is read beside others.
 */
export function wireForm(node: RoutedNode): WireForm {
  const { codec } = node;
  const encode = (value: unknown): Encoded => {
    const bytes = codec.encode(value);
    const { length } = bytes;
    if (length <= node.largestValue) return bytes;
    const message = `the value has ${length} bytes when encoded, over the limit of ${node.largestValue}: split it, or raise limits.frame on every node`;
    throw new CacheError('TOO_LARGE', message);
  };
  const encoded = (held: unknown): Encoded =>
    held instanceof Encoded ? held : encode(byReference.open(held));
  return {
    encoded,
    size: (held) => (held instanceof Encoded ? held.length : undefined),
    answer: (held) => (node.solo && !(held instanceof Encoded) ? byReference.open(held) : encoded(held)),
    hold: (value) => (node.solo ? byReference.hold(value) : encode(value)),
    open(held) {
      if (held instanceof Encoded) return codec.decode(held);
      const value = byReference.open(held);
      return node.solo || typeof value !== 'object' || value === null ? value : codec.decode(encoded(held));
    },
  };
}
