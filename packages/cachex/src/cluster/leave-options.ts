import { type Duration, parseTimeLeft } from '../duration.ts';
import { optionsParameter } from '../parameters.ts';

/** Options of {@link ClusterNode.leave}. */
export interface LeaveOptions {
  /** How long handing over may take; 0 leaves at once. Default: 20 s. */
  within?: Duration;
}

const parameter = optionsParameter<{ within?: number }>({ within: parseTimeLeft });

/** Checks the options of `leave` and brings the time into ms. */
export function readLeaveOptions(options: unknown): { within?: number } {
  return parameter.check(options) ?? {};
}
