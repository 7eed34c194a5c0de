import { inspect } from 'node:util';
import type { Key } from '@cachex/router/hash';
import type { Operation } from './history.ts';
import { absent } from './models.ts';

/** How many operations of an order are shown: its end is what matters. */
const shown = 5;

/** Actions whose answer tells nothing. */
const silent: ReadonlySet<string> = new Set(['put', 'lose', 'may lose']);

interface Violation {
  readonly linearized: readonly Operation[];
  readonly stuck: Operation;
  readonly states: readonly unknown[];
}

export function describeViolation(operations: number, { linearized, stuck, states }: Violation): string {
  const left = linearized.length - shown;
  return [
    `key ${show(stuck.key)}: no order of its ${operations} operations explains all answers. The longest one:`,
    ...(left > 0 ? [`  … ${left} more`] : []),
    ...linearized.slice(-shown).map((operation) => `  ${describeOperation(operation)}`),
    `leaves behind ${states.map(describeState).join(' or ')}. What fits nowhere:`,
    `  ${describeOperation(stuck)}`,
  ].join('\n');
}

export function describeUndecided(key: Key, operations: number, limit: number): string {
  return `key ${show(key)}: undecided after ${limit} states of the search; its ${operations} operations overlap too much`;
}

/** `client 2, 10 to 12: incr(1) → 4` */
export function describeOperation({
  client,
  action,
  args,
  invoked,
  returned,
  outcome,
  result,
}: Operation): string {
  const until = outcome === 'ok' ? `to ${instant(returned!)}` : 'on';
  const answer = outcome === 'ok' ? (silent.has(action) ? '' : ` → ${show(result)}`) : ` (${outcome})`;
  return `client ${client}, ${instant(invoked)} ${until}: ${action}(${args.map(show).join(', ')})${answer}`;
}

function describeState(state: unknown): string {
  return state === absent ? 'no entry' : show(state);
}

function instant(at: number): string {
  return String(Number(at.toFixed(3)));
}

function show(value: unknown): string {
  return inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 40 });
}
