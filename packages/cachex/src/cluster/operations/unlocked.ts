import { Reconsider } from '@cachex/router';
import type { Operation } from '../operation.ts';

/** Answers once no key of these partitions is locked: whether that was so at once. `LOCKED` if it takes too long. */
export const unlocked: Operation = ({ engine }) => {
  return ({ partitions, deadline }, wait: boolean): boolean => {
    const free = !engine.locks!.locked(partitions);
    if (!free && wait) throw new Reconsider('keys are locked', engine.locks!.change(deadline));
    return free;
  };
};
