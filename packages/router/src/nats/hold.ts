/**
 * Keeps the process alive while somebody asks for it. Connections to NATS never do: they come and go, and a process must not
 * end because a server is away.
 */
export class Hold {
  #holders = 0;
  #handle: NodeJS.Timeout | undefined;

  /** Does so until `work` has ended. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.change(true);
    try {
      return await work();
    } finally {
      this.change(false);
    }
  }

  change(active: boolean): void {
    this.#holders += active ? 1 : -1;
    if (this.#holders === 0) {
      clearInterval(this.#handle);
      this.#handle = undefined;
    } else this.#handle ??= setInterval(() => {}, 2 ** 30);
  }
}
