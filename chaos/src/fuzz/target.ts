/** Something that takes bytes from others. */
export interface Target {
  readonly name: string;
  /** Bytes as the product writes them: where the search begins. */
  seeds(): readonly Buffer[] | Promise<readonly Buffer[]>;
  /** Hands bytes in as the product would. What it throws must be a refusal; see {@link isRefusal}. */
  run(bytes: Buffer): unknown;
}

/** What must never be. */
export class Flaw extends Error {
  override readonly name = 'Flaw';
}

/** What is documented for bytes that make no sense: a `RangeError`, or an error with a code of the product. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  return error instanceof Error && /^(RouterError|CacheError)$/.test(error.name) && 'code' in error;
}

/** Nothing but what was sent may stand in a message for people: these are the words of a mistake in the code. */
export function checkReason(reason: string): void {
  if (/Cannot read prop|is not a function|is not iterable|is not defined|Cannot convert/.test(reason))
    throw new Flaw(`refused by accident: ${reason}`);
}
