import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { NodeStatistics } from '../src/messages.ts';
import { type Stage, Story, type StoryTimes } from '../src/story.ts';
import { StoryRecord } from '../src/story-record.ts';

const ONCE: StoryTimes = { joinAfter: 5_000, stayFor: 4_000, repeat: false };

function statistics(partitions: number, moving = 0): NodeStatistics {
  return { keys: 0, loads: 0, partitions, moving };
}

/** A stage on which everything waits until the test lets it happen, noted in order. */
function rehearsal() {
  const steps: string[] = [];
  const gates = new Map<string, () => void>();
  const step = (name: string) => {
    steps.push(name);
    return new Promise<void>((resolve) => gates.set(name, resolve));
  };
  const newcomer = { id: 'd', joined: false, statistics: statistics(0) };
  const stage = {
    nodes: [newcomer] as (typeof newcomer)[],
    add: (id: string, port: number) => step(`add ${id} ${port}`),
    retire: (id: string) => void steps.push(`retire ${id}`),
    remove: (id: string) => step(`remove ${id}`).then(() => true),
    report: () => step('report'),
  } satisfies Stage;
  const record = new StoryRecord();
  const over = new AbortController();
  const news: string[] = [];
  const story = new Story(
    {
      stage,
      record,
      id: 'd',
      port: 8003,
      idle: (id) => step(`idle ${id}`),
      pause: (ms) => step(`pause ${ms}`),
      tell: (sentence) => news.push(sentence),
    },
    over.signal,
  );
  const until = (name: string) => vi.waitFor(() => expect(steps.at(-1)).toBe(name), { interval: 0 });
  const pass = async (name: string) => {
    gates.get(name)!();
    gates.delete(name);
    await Promise.resolve();
  };
  return { steps, newcomer, record, over, news, story, until, pass };
}

describe('Story', () => {
  let told: ReturnType<typeof rehearsal>;
  beforeEach(() => {
    told = rehearsal();
  });

  async function join(): Promise<void> {
    const { pass, until } = told;
    await pass('pause 5000');
    await until('add d 8003');
    await pass('add d 8003');
    await until('report');
  }

  it('lets a node join, waits until nothing moves, and lets it leave when it is asked nothing any more', async () => {
    const { story, record, newcomer, steps, news, pass, until } = told;
    const run = story.run(ONCE);
    expect(story.line).toBe('d joins later');
    await join();
    expect(record.current).toBe(record.join);
    record.moved({ partitions: 1000, at: 300, duration: 200 });

    newcomer.statistics = statistics(1000, 24);
    await pass('report');
    await until('pause 20');
    record.moved({ partitions: 24, at: 400, duration: 20 });
    await pass('pause 20');
    await until('report');
    newcomer.statistics = statistics(1024);
    await pass('report');
    await vi.waitFor(() => expect(record.current).toBeUndefined(), { interval: 0 });

    await pass('pause 4000');
    await until('idle d');
    expect(record.current).toBeUndefined();
    await pass('idle d');
    await until('remove d');
    expect(record.current).toBe(record.leave);
    await pass('remove d');
    await run;
    expect(record.current).toBeUndefined();
    expect(steps.slice(-3)).toEqual(['retire d', 'idle d', 'remove d']);
    expect(news).toEqual([
      'd joins: its process starts.',
      'd is ready: 1,024 partitions moved in 300 ms.',
      'd leaves: its partitions move to the others.',
      'd has left: 0 partitions moved in 0.00 ms.',
    ]);
  });

  it('says in a line how far it is', async () => {
    const { story, newcomer, pass, until } = told;
    void story.run(ONCE);
    await pass('pause 5000');
    await until('add d 8003');
    expect(story.line).toBe('d joins: its process starts');
    newcomer.joined = true;
    expect(story.line).toBe('d joins: it opens the cache');
    newcomer.statistics = statistics(512, 512);
    expect(story.line).toBe('d joins: 512 of 1,024 partitions moved');

    newcomer.statistics = statistics(1024);
    await pass('add d 8003');
    await until('report');
    await pass('report');
    await vi.waitFor(() => expect(story.line).toMatch(/^d has joined: /), { interval: 0 });
    await pass('pause 4000');
    await until('idle d');
    await pass('idle d');
    await until('remove d');
    newcomer.statistics = statistics(1000);
    expect(story.line).toBe('d leaves: 24 of 1,024 partitions moved');
  });

  it('does not let a node leave that still joins', async () => {
    const { story, steps, pass, until } = told;
    void story.run(ONCE);
    await pass('pause 5000');
    await until('add d 8003');
    await pass('pause 4000');
    expect(steps).not.toContain('retire d');
    await pass('add d 8003');
    await until('report');
    await pass('report');
    await until('idle d');
  });

  it('begins again, if it is to', async () => {
    const { story, steps, record, pass, until } = told;
    void story.run({ ...ONCE, repeat: true });
    await join();
    await pass('report');
    await pass('pause 4000');
    await until('idle d');
    await pass('idle d');
    await until('remove d');
    await pass('remove d');
    await until('pause 5000');
    await join();
    expect(steps.filter((step) => step === 'add d 8003')).toHaveLength(2);
    expect(record.leave.completed).toBe(1);
  });

  it.each(['pause 5000', 'add d 8003'])('ends with the run, though it is in %s', async (step) => {
    const { story, over, pass, until, steps } = told;
    const run = story.run(ONCE);
    if (step !== 'pause 5000') await pass('pause 5000');
    await until(step);
    over.abort();
    await run;
    expect(steps.at(-1)).toBe(step);
  });
});
