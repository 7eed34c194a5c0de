const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C can arrive twice: from the terminal, and from npm, which passes it on. */
const SAME_WITHIN_MS = 1_000;

export interface Interruption {
  /** The first signal: end in good order. */
  end(): void;
  /** The next one: this takes too long. */
  endNow(): void;
}

export function onInterruption(process: NodeJS.Process, { end, endNow }: Interruption): void {
  let first: number | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const now = performance.now();
      if (first === undefined) end();
      else if (now - first > SAME_WITHIN_MS) endNow();
      first ??= now;
    });
  }
}
