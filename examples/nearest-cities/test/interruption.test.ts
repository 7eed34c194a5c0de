import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onInterruption } from '../src/interruption.ts';

describe('onInterruption', () => {
  const told: string[] = [];
  const process = new EventEmitter();

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    told.length = 0;
    onInterruption(process as NodeJS.Process, {
      end: () => told.push('end'),
      endNow: () => told.push('now'),
    });
  });

  afterEach(() => {
    process.removeAllListeners();
    vi.useRealTimers();
  });

  it('ends in good order at the first signal, whichever it is', () => {
    process.emit('SIGTERM');
    expect(told).toEqual(['end']);
  });

  it('takes two signals in quick succession for one', () => {
    process.emit('SIGINT');
    vi.advanceTimersByTime(500);
    process.emit('SIGINT');
    expect(told).toEqual(['end']);
  });

  it('ends at once when asked again', () => {
    process.emit('SIGINT');
    vi.advanceTimersByTime(2_000);
    process.emit('SIGINT');
    expect(told).toEqual(['end', 'now']);
  });
});
