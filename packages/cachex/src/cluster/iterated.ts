import { translate } from './translate.ts';

/**
 * What a method of a cluster returns that answers piece by piece. It never throws: what is wrong with the call rejects the
 * first step, and every step rejects with errors of this library's own kind.
 */
export function iterated(begin: () => unknown): AsyncIterableIterator<unknown> {
  let failure: { readonly error: unknown } | undefined;
  let steps: AsyncIterator<unknown> | undefined;
  try {
    steps = begin() as AsyncIterator<unknown>;
  } catch (error) {
    failure = { error: translate(error) };
  }
  return {
    async next() {
      const failed = failure;
      failure = undefined;
      if (failed !== undefined) throw failed.error;
      try {
        return (await steps?.next()) ?? { done: true, value: undefined };
      } catch (error) {
        throw translate(error);
      }
    },
    async return(value) {
      failure = undefined;
      try {
        await steps?.return?.();
      } catch (error) {
        throw translate(error);
      }
      return { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
