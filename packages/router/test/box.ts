import type { RoutedNode, Service } from '../src/index.ts';

/** A service with one value a partition, that moves with it; each partition is called by its number as the hash. */
export function box(node: RoutedNode, name = 'box'): Service & { copies: ReadonlyMap<number, unknown> } {
  const values = new Map<number, unknown>();
  const copies = new Map<number, unknown>();
  const partitionOf = (hash: number): number => hash & (node.view.owners.length - 1);
  return {
    copies,
    handlers: {
      put({ hash }, value: unknown) {
        values.set(partitionOf(hash), value);
        node.changed(name, partitionOf(hash), [value]);
      },
      get: ({ hash }) => values.get(partitionOf(hash)),
    },
    replica: {
      snapshot: (partition) => (values.has(partition) ? [[values.get(partition)]] : []),
      stage: (partition, [value]) => void copies.set(partition, value),
      promote(partition) {
        values.delete(partition);
        if (copies.has(partition)) values.set(partition, copies.get(partition));
        copies.delete(partition);
      },
      demote(partition) {
        if (values.has(partition)) copies.set(partition, values.get(partition));
        values.delete(partition);
      },
      discard: (partition) => void copies.delete(partition),
      drop: (partition) => void values.delete(partition),
    },
  };
}
