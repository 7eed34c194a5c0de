import { describe } from 'vitest';

/** What docs/compatibility.md tells of a test. */
export interface Compatibility {
  /** The package that the adapter is for, by the name under which it is installed: its version is read there. */
  readonly host: string;
  /** The suite: the package that it is from, or `our own tests`. */
  readonly suite: string;
  /** `local` or `three processes`. */
  readonly setUp: string;
  /** How many tests this one stands for, if it runs a suite that is not made of tests of vitest. Default: 1. */
  readonly tests?: number;
}

/** Like `describe`; what it contains is told of in docs/compatibility.md. A test may say more in its `task.meta.compatibility`. */
export function describeHost(compatibility: Compatibility, body: () => void): void {
  const { host, suite, setUp } = compatibility;
  describe(`${host}, ${suite}, ${setUp}`, { meta: { compatibility } as object }, body);
}
