/** To a process. */
export interface Request {
  readonly call: number;
  readonly command: string;
  readonly args: readonly unknown[];
}

/** What became of it. */
export interface Answer {
  readonly answer: number;
  readonly value?: unknown;
  readonly failure?: string;
}

/** Sends something to the process that started this one; resolves once it has left, or nobody is there. */
export function send(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, () => resolve());
    else resolve();
  });
}

/** Does what this process is told by the one that started it; after the command `last` there is nothing more to be told. */
export function obey<C extends object>(commands: C, last?: keyof C & string): void {
  process.on('message', async ({ call, command, args }: Request) => {
    const work = commands[command as keyof C] as (...args: readonly unknown[]) => unknown;
    try {
      await send({ answer: call, value: await work(...args) });
    } catch (error) {
      await send({ answer: call, failure: (error as Error).message });
    }
    if (command === last) process.disconnect();
  });
}
