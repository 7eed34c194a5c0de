/** What a key held at some time; `undefined` means no entry. */
interface State {
  readonly value: number | undefined;
}

/**
 * The history of one key with a single writer and many readers, and what a read may answer: at least the newest state
 * that was acknowledged, or seen by anyone, before the read began, and at most the newest that was asked for before it
 * ended. Anything else is a missed, a stale or a resurrected entry.
 */
export class Register {
  readonly key: number;
  readonly #states: State[] = [{ value: undefined }];
  /** The oldest state that may still be read. */
  #floor = 0;
  #unacknowledged: State | undefined;
  /** Whether what was written last may have expired. */
  #expires = false;
  /** Writes whose outcome nobody knows: each may take effect once, now or later. */
  readonly #ghosts: State[] = [];

  constructor(key: number) {
    this.key = key;
  }

  /** A write is asked for. Returns what to call once it is acknowledged, or its answer was lost. */
  write(value: number | undefined): (acknowledged: boolean) => void {
    const state: State = { value };
    this.#states.push(state);
    this.#unacknowledged = state;
    this.#expires = false;
    const position = this.#states.length - 1;
    return (acknowledged) => {
      this.#unacknowledged = undefined;
      if (acknowledged) this.#floor = Math.max(this.#floor, position);
      else this.#ghosts.push(state);
    };
  }

  /** A read begins. Returns what to call with its answer; that returns what is wrong with it, if anything is. */
  read(): (value: unknown) => string | undefined {
    const floor = this.#floor;
    return (value) => {
      for (let position = floor; position < this.#states.length; position += 1) {
        if (this.#states[position]!.value !== value) continue;
        this.#floor = Math.max(this.#floor, position);
        return undefined;
      }
      if (this.#ghosts.some((ghost) => ghost.value === value)) return undefined;
      const allowed = this.#states.slice(floor).map((state) => state.value);
      return `key ${this.key}: read ${String(value)} where one of [${allowed.join(', ')}] was due`;
    };
  }

  /** From now on it may be gone by itself; once it was seen to be, it must not come back. */
  mayExpire(): void {
    this.#states.push({ value: undefined });
    this.#expires = true;
  }

  /** The owner may be gone with the entry, from now on; a write under way may meet the empty partition. */
  mayBeLost(): void {
    this.#states.push({ value: undefined });
    if (this.#unacknowledged === undefined) return;
    this.#states.push(this.#unacknowledged);
    if (this.#expires) this.#states.push({ value: undefined });
  }

  /** The owner is gone for certain: what it held must never be read again. */
  lost(): void {
    this.#floor = this.#states.length;
    this.mayBeLost();
  }
}
