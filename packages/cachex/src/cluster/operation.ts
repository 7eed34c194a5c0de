import type { Handler, RoutedNode } from '@cachex/router';
import type { Methods } from '../action.ts';
import type { Engine } from '../local/engine.ts';
import type { Vitals } from './vitals.ts';
import type { WireForm } from './wire-form.ts';

/** What an operation works on at the node that executes it. */
export interface Place {
  readonly node: RoutedNode;
  readonly engine: Engine;
  readonly values: WireForm;
  /** The cache as the user of that node has it. */
  readonly cache: Methods;
  /** What the node says of itself. */
  readonly vitals: Vitals;
}

/**
 * What nodes do for each other that no user calls: the parts of which calls are made that run at their caller. There is
 * one file for each; nodes answer it under `$` and its name.
 */
export type Operation = (place: Place) => Handler;
