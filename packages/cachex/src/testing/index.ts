export {
  History,
  type Invocation,
  type Operation,
  type OperationOutcome,
  outcomeOf,
  type Settle,
} from './history.ts';
export {
  assertLinearizable,
  type CheckOptions,
  checkLinearizability,
  type Verdict,
} from './linearizability.ts';
export {
  absent,
  addModel,
  counterModel,
  entryModel,
  type Loss,
  type Model,
  type ModelEvent,
  type ModelOptions,
  registerModel,
} from './models.ts';
