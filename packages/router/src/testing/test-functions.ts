/** What the suites need of a test runner; those of Vitest, Jest, Mocha and `node:test` all fit. */
export interface TestFunctions {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => void | Promise<void>): void;
}
