import { describe, expect, it } from 'vitest';
import { StoryRecord } from '../src/story-record.ts';

describe('StoryRecord', () => {
  it('measures from the start of the first hand-over to the end of the last, whoever made them', () => {
    const record = new StoryRecord();
    record.begin('join');
    record.moved({ partitions: 64, at: 1_100, duration: 50 });
    record.moved({ partitions: 64, at: 1_080, duration: 60 });
    record.moved({ partitions: 32, at: 1_400, duration: 20 });
    record.end();
    expect(record.join).toMatchObject({ completed: 1, partitions: 160, moveMs: 380 });
    expect(record.leave).toMatchObject({ completed: 0, partitions: 0, moveMs: 0 });
  });

  it('leaves out the time between one join and the next', () => {
    const record = new StoryRecord();
    for (const at of [1_000, 9_000]) {
      record.begin('join');
      record.moved({ partitions: 64, at, duration: 50 });
      record.end();
    }
    expect(record.join).toMatchObject({ completed: 2, partitions: 128, moveMs: 100 });
  });

  it('counts nothing that moves when nobody joins or leaves', () => {
    const record = new StoryRecord();
    record.moved({ partitions: 64, at: 1_000, duration: 50 });
    expect(record.current).toBeUndefined();
    expect(record.join.partitions + record.leave.partitions).toBe(0);
  });
});
