/** What every caller does, again and again. */
export type Operation =
  | 'get'
  | 'put'
  /** One put for each get. */
  | 'mixed'
  /** A read that would load what it does not find; everything is there. */
  | 'fetch'
  /** A read of {@link manyKeys} keys at once. */
  | 'getMany';

/** How many keys `getMany` asks for. */
export const manyKeys = 100;

/** What a caller process is put under. */
export interface Load {
  readonly operation: Operation;
  /** How many operations wait for their answers at any time. */
  readonly inFlight: number;
  /** About how many bytes a value takes as JSON. */
  readonly bytes: number;
}

const operationNames: Readonly<Record<Operation, string>> = {
  get: 'get',
  put: 'put',
  mixed: 'get and put, 50/50',
  fetch: 'fetch of what is there',
  getMany: `getMany of ${manyKeys}`,
};

/** How a load is named in lines. */
export function nameOfLoad({ operation, inFlight, bytes }: Load): string {
  const size = bytes < 1_000 ? `${bytes} B` : `${bytes / 1_000} KB`;
  return `${operationNames[operation]}, ${size}, ${inFlight.toLocaleString('en')} in flight`;
}

/** Every load there is. */
export function allLoads(): Load[] {
  return (Object.keys(operationNames) as Operation[]).flatMap((operation) =>
    [1, 16, 256, 4_096].flatMap((inFlight) => [100, 2_000].map((bytes) => ({ operation, inFlight, bytes }))),
  );
}
