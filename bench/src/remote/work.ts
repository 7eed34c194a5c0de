import type { Client } from './client.ts';
import type { Data } from './data.ts';
import { type Load, manyKeys } from './load.ts';

/** The operations of a load, and what their answers have to be. */
export interface Work {
  readonly operate: (n: number) => Promise<unknown>;
  readonly check: (n: number, answer: unknown) => void;
  /** After how many of them others get their turn: few if they are long. */
  readonly turn: number;
}

const usualTurn = 256;
const turnOfMany = 4;
/** Of so many answers, one is compared in full; of the others it is seen that there is one. */
const compared = 64;

/** What a client does under a load. Rejects a load that it has no method for. */
export function workOf({ operation }: Load, client: Client, data: Data): Work {
  const { keys, values, size } = data;
  const { get, put, fetch = get, getMany } = client;
  const check = (n: number, answer: unknown): void => checkValue(data, n % size, answer, n % compared === 0);
  const nothing = (): void => {};
  switch (operation) {
    case 'get':
      return { check, turn: usualTurn, operate: (n) => get(keys[n % size]!) };
    case 'fetch':
      return { check, turn: usualTurn, operate: (n) => fetch(keys[n % size]!) };
    case 'put':
      return { check: nothing, turn: usualTurn, operate: (n) => put(keys[n % size]!, values[n % size]!) };
    case 'mixed':
      return {
        turn: usualTurn,
        check: (n, answer) => (n % 2 === 0 ? check(n, answer) : undefined),
        operate: (n) => (n % 2 === 0 ? get(keys[n % size]!) : put(keys[n % size]!, values[n % size]!)),
      };
    case 'getMany': {
      if (getMany === undefined) throw new Error('this client has no getMany');
      return {
        turn: turnOfMany,
        operate: (n) => getMany(data.many(n)),
        check(n, answer) {
          const from = (n * manyKeys) % size;
          const answers = answer as readonly unknown[];
          if (answers.length !== manyKeys) throw new Error(`${answers.length} answers to ${manyKeys} keys`);
          for (let one = 0; one < manyKeys; one += 1) {
            checkValue(data, from + one, answers[one], one === n % manyKeys);
          }
        },
      };
    }
  }
}

function checkValue(data: Data, index: number, answer: unknown, inFull: boolean): void {
  if (answer === undefined || answer === null) throw new Error(`${data.keys[index]} is not there`);
  if (inFull && !data.isValue(index, answer)) throw new Error(`${data.keys[index]} has another value`);
}
